import { describe, expect, it, vi } from 'vitest';
import { asProblem, Problem, problemFrom } from './problem';

describe('a refusal', () => {
	it('is told in the shop’s words, with its faults by field', () => {
		const response = new Response(null, { status: 422 });
		const problem = problemFrom(response, {
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
		});

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
				{ pointer: '/items/7', detail: 'is not in stock in this quantity' },
				{ pointer: '', detail: 'is too long' }
			]
		});

		expect(problem.besides(['address/city'], { 'items/7': 'Monstera', '': 'All of it' })).toEqual([
			'Please choose a country from the list.',
			'Monstera is not available in this quantity.',
			'Please check this: All of it.'
		]);
	});

	it('knows an address that leads nowhere, well-formed or not', () => {
		const of = (status: number, slug: string) =>
			new Problem({ type: `/problems/${slug}`, title: 'x', status }).missing;
		expect(of(404, 'not-found')).toBe(true);
		expect(of(400, 'bad-parameter')).toBe(true);
		expect(of(503, 'unavailable')).toBe(false);
	});

	it('is put into words when whoever answered sent no document', () => {
		const broken = problemFrom(new Response(null, { status: 502 }), '<html>');
		expect(broken.status).toBe(502);
		expect(broken.title).toBe('The shop cannot answer right now');
		expect(problemFrom(new Response(null, { status: 418 }), undefined).title).toBe(
			'The shop did not accept this'
		);
	});

	it('tells how long to wait', () => {
		const response = new Response(null, { status: 429, headers: { 'retry-after': '7' } });
		expect(problemFrom(response, { title: 'Too many' }).retryAfter).toBe(7);
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
