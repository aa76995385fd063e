import { describe, expect, it, vi } from 'vitest';
import { problemOf } from './generated/problem';
import { asProblem, Problem } from './problem';

/** What a page makes of an answer. */
const of = async (response: Response) => asProblem(await problemOf(response));

describe('a refusal', () => {
	it('is told in the shop’s words, with its faults by field', async () => {
		const document = {
			type: '/problems/invalid-body',
			title: 'The body breaks a rule',
			status: 422,
			detail: 'Every field at fault is named under `errors`.',
			errors: [
				{ pointer: '/email', detail: 'is no address' },
				{ pointer: '/email', detail: 'is too long' },
				{ pointer: '/address/city', detail: 'has 1 to 100 characters' },
				{ pointer: '/a~1b', detail: 'is odd' }
			]
		};
		const problem = await of(Response.json(document, { status: 422 }));

		expect(problem.slug).toBe('invalid-body');
		expect(problem.title).toBe('Please check what you typed');
		expect(problem.fields).toEqual({
			email: 'Please write a whole e-mail address, such as rose@example.com.',
			'address/city': 'Please write the city.',
			'a/b': 'Please check this: b.'
		});
	});

	it('puts into words what no field of the page shows', () => {
		const problem = new Problem({
			type: '/problems/invalid-body',
			title: 'x',
			status: 422,
			errors: [
				{ pointer: '/address/city', detail: 'has 1 to 100 characters' },
				{ pointer: '/address/country', detail: 'is none' },
				{ pointer: '/picture', detail: 'is none' },
				{ pointer: '', detail: 'is too long' }
			]
		});

		expect(problem.besides(['address/city'], { picture: 'The file', '': 'All of it' })).toEqual([
			'Please choose a country from the list.',
			'Please check this: The file.',
			'Please check this: All of it.'
		]);
	});

	it('knows an address that leads nowhere, well-formed or not', () => {
		const missing = (status: number, slug: string) =>
			new Problem({ type: `/problems/${slug}`, title: 'x', status }).missing;
		expect(missing(404, 'not-found')).toBe(true);
		expect(missing(400, 'bad-parameter')).toBe(true);
		expect(missing(503, 'unavailable')).toBe(false);
	});

	it('is put into words when whoever answered sent no document', async () => {
		const broken = await of(new Response('<html>', { status: 502 }));
		expect(broken.status).toBe(502);
		expect(broken.title).toBe('The shop cannot answer right now');
		expect((await of(new Response(null, { status: 418 }))).title).toBe(
			'The shop did not accept this'
		);
	});

	it('tells how long to wait', async () => {
		const headers = { 'retry-after': '7' };
		const response = Response.json({ title: 'Too many' }, { status: 429, headers });
		expect((await of(response)).retryAfter).toBe(7);
	});

	it('is made of whatever was thrown', () => {
		const problem = new Problem({ type: 'about:blank', title: 'x', status: 409 });
		expect(asProblem(problem)).toBe(problem);
		expect(asProblem(new TypeError('fetch')).title).toBe('The shop cannot be reached');
		vi.spyOn(console, 'error').mockReturnValueOnce();
		const odd = asProblem(new Error('odd'));
		expect([odd.title, odd.detail].join()).not.toContain('odd');
	});
});
