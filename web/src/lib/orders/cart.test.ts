import { describe, expect, it } from 'vitest';
import { changeLine, countPieces, mergeLines, readLines } from './cart';

const line = (product_id: string, quantity: number) => ({ product_id, quantity });

describe('a cart in the browser', () => {
	it('takes, changes and drops lines', () => {
		const lines = changeLine([line('fern', 1)], 'pot', 2);
		expect(lines).toEqual([line('fern', 1), line('pot', 2)]);
		expect(changeLine(lines, 'fern', 3)).toEqual([line('fern', 3), line('pot', 2)]);
		expect(changeLine(lines, 'fern', 0)).toEqual([line('pot', 2)]);
	});

	it('never holds more of one product than an account may', () => {
		expect(changeLine([], 'fern', 1000)).toEqual([line('fern', 99)]);
	});

	it('is read with whatever is broken in it left out', () => {
		expect(readLines(null)).toEqual([]);
		expect(readLines('not json')).toEqual([]);
		expect(readLines('{"product_id":"fern"}')).toEqual([]);
		const stored = [line('fern', 2), null, line('pot', -1), line('fern', 5), { quantity: 1 }, 7];
		expect(readLines(JSON.stringify(stored))).toEqual([line('fern', 2)]);
	});

	it('counts pieces, not lines', () => {
		expect(countPieces([line('fern', 2), line('pot', 3)])).toBe(5);
	});
});

describe('the merge at sign-in', () => {
	it('adds what the browser kept to what the account holds', () => {
		expect(mergeLines([line('fern', 1)], [line('fern', 2), line('pot', 1)])).toEqual([
			line('fern', 3),
			line('pot', 1)
		]);
	});

	it('leaves alone what only the account holds', () => {
		expect(mergeLines([line('fern', 1)], [])).toEqual([]);
	});

	it('stops at the most pieces, and is silent when they are there already', () => {
		expect(mergeLines([line('fern', 98)], [line('fern', 5)])).toEqual([line('fern', 99)]);
		expect(mergeLines([line('fern', 99)], [line('fern', 5)])).toEqual([]);
	});
});
