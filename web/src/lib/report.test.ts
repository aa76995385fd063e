import { describe, expect, it } from 'vitest';
import { ceiling, daysBefore, everyDay } from './report';

const sold = (id: string, amount: number) => ({
	id,
	name: id,
	orders: 1,
	units: 2,
	revenue: { amount, currency: 'USD' }
});

describe('what is drawn of sales', () => {
	it('has every day, also those without sales, over the end of a month', () => {
		const days = everyDay('2026-02-27', '2026-03-02', [sold('2026-02-28', 500)]);

		expect(days.map(({ id, revenue }) => [id, revenue.amount])).toEqual([
			['2026-02-27', 0],
			['2026-02-28', 500],
			['2026-03-01', 0],
			['2026-03-02', 0]
		]);
	});

	it('ends at a round number that no bar is above', () => {
		expect([[], [1], [3], [10], [11], [499], [50_001]].map(ceiling)).toEqual([
			1, 1, 5, 10, 20, 500, 100_000
		]);
	});

	it('begins so many days before', () => {
		expect(daysBefore('2026-03-01', 29)).toBe('2026-01-31');
	});
});
