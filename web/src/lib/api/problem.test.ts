import { describe, expect, it } from 'vitest';
import { asProblem, Problem, problemFrom } from './problem';

describe('a refusal', () => {
	it('keeps what the API says, with its faults by field', () => {
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
		expect(problem.message).toBe('The body breaks a rule');
		expect(problem.fields).toEqual({
			email: 'is no address',
			'address/city': 'has 1 to 100 characters',
			'a/b': 'is odd'
		});
	});

	it('puts into words what no field of the page shows', () => {
		const problem = new Problem({
			type: '/problems/invalid-body',
			title: 'x',
			status: 422,
			errors: [
				{ pointer: '/address/city', detail: 'has 1 to 100 characters' },
				{ pointer: '/address/postal_code', detail: 'is none' },
				{ pointer: '/items/7', detail: 'is not in stock in this quantity' },
				{ pointer: '', detail: 'is too long' }
			]
		});

		expect(problem.besides(['address/city'], { 'items/7': 'Monstera', '': 'All of it' })).toEqual([
			'Postal code is none',
			'Monstera is not in stock in this quantity',
			'All of it is too long'
		]);
	});

	it('is put into words when whoever answered sent no document', () => {
		const broken = problemFrom(new Response(null, { status: 502 }), '<html>');
		expect(broken.status).toBe(502);
		expect(broken.document.title).toBe('The shop cannot answer right now');
		expect(problemFrom(new Response(null, { status: 418 }), undefined).document.title).toBe(
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
		expect(asProblem(new TypeError('fetch')).document.title).toBe('The shop cannot be reached');
		expect(asProblem(new Error('odd')).document.detail).toBe('odd');
	});
});
