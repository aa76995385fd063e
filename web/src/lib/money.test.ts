import { describe, expect, it } from 'vitest';
import { formatMoney, fromDecimal, sum, times, toDecimal } from './money';

const usd = (amount: number) => ({ amount, currency: 'USD' });

describe('money', () => {
	it('is written from its minor units', () => {
		expect(formatMoney(usd(1299))).toBe('$12.99');
		expect(formatMoney(usd(5))).toBe('$0.05');
		expect(formatMoney(usd(0))).toBe('$0.00');
		expect(formatMoney(usd(123_456_789))).toBe('$1,234,567.89');
		expect(formatMoney(usd(-250))).toBe('-$2.50');
	});

	it('knows currencies without minor units', () => {
		expect(formatMoney({ amount: 500, currency: 'JPY' })).toBe('¥500');
	});

	it('never rounds the largest sums', () => {
		expect(formatMoney(usd(Number.MAX_SAFE_INTEGER))).toBe('$90,071,992,547,409.91');
	});

	it('reads what a person types, and nothing else', () => {
		expect(fromDecimal('12.99')).toBe(1299);
		expect(fromDecimal(' 12,9 ')).toBe(1290);
		expect(fromDecimal('12')).toBe(1200);
		expect(fromDecimal('0.07')).toBe(7);
		for (const wrong of ['', 'x', '-1', '1.234', '1e3', '.5', '1 000']) {
			expect(fromDecimal(wrong), wrong).toBeUndefined();
		}
	});

	it('goes to a field and back unchanged', () => {
		for (const amount of [0, 1, 10, 99, 100, 1999, 10_000_000]) {
			expect(fromDecimal(toDecimal(amount))).toBe(amount);
		}
	});

	it('adds up one currency only', () => {
		expect(sum([usd(1), usd(2)])).toEqual(usd(3));
		expect(sum([])).toBeUndefined();
		expect(sum([usd(1), { amount: 1, currency: 'EUR' }])).toBeUndefined();
		expect(times(usd(595), 3)).toEqual(usd(1785));
	});
});
