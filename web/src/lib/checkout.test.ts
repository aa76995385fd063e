import { expect, it } from 'vitest';
import { Problem } from './api/problem';
import { isFinal } from './checkout';

const problem = (status: number) => new Problem({ type: '/problems/x', title: 'x', status });

it('keeps the key while nobody knows how an attempt went', () => {
	for (const status of [0, 408, 429, 500, 502, 503, 504]) {
		expect(isFinal(problem(status)), String(status)).toBe(false);
	}
});

it('takes a new key once the shop has refused', () => {
	for (const status of [400, 401, 402, 409, 422]) {
		expect(isFinal(problem(status)), String(status)).toBe(true);
	}
});
