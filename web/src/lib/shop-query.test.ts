import { describe, expect, it } from 'vitest';
import {
	bandName,
	bandWishes,
	facetsQuery,
	isBandWished,
	listLength,
	readWishes,
	shopUrl
} from './shop-query';

const wishes = (query: string) => readWishes(new URLSearchParams(query));
const band = (min_price: number | null, max_price: number | null) => ({
	min_price,
	max_price,
	product_count: 1
});

describe('a price band', () => {
	it('is read in dollars', () => {
		expect(bandName(band(null, 999))).toBe('Under $10');
		expect(bandName(band(1000, 1999))).toBe('$10 to $19.99');
		expect(bandName(band(10000, null))).toBe('$100 and more');
	});

	it('is wished for by its address, and by no other', () => {
		for (const one of [band(null, 999), band(1000, 1999), band(10000, null)]) {
			const address = shopUrl({ ...wishes('q=fern&category=tools'), ...bandWishes(one) });
			const read = wishes(address.split('?')[1] ?? '');
			expect(read.q).toBe('fern');
			expect(isBandWished(one, read)).toBe(true);
			expect(isBandWished(band(2000, 2999), read)).toBe(false);
		}
		expect(isBandWished(band(1000, 1999), wishes('min=10'))).toBe(false);
	});
});

describe('the length of a list', () => {
	it('is told of as much as is known', () => {
		expect(listLength(24, true, 131)).toBe('24 of 131 products');
		expect(listLength(24, true, undefined)).toBe('24+ products');
		expect(listLength(1, false, 1)).toBe('1 product');
		expect(listLength(0, false, undefined)).toBe('0 products');
	});

	it('is what is shown, where the count is older', () => {
		expect(listLength(24, true, 24)).toBe('24+ products');
		expect(listLength(25, false, 24)).toBe('25 products');
	});
});

describe('facets', () => {
	it('are asked for by the filters of the list, whatever its order', () => {
		expect(facetsQuery(wishes('q=fern&min=5&in_stock=1&sort=name'))).toEqual({
			q: 'fern',
			min_price: 500,
			in_stock: true
		});
	});
});
