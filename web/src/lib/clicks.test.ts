import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SeenByTab } from './api/types';
import { Clicks } from './clicks';

const visit = '7f6f4dd0-6c2e-4c2a-9a53-0d9a3f4d2b11';

describe('what a tab tells', () => {
	let told: SeenByTab[];
	let allowed: boolean;
	let clicks: Clicks;

	beforeEach(() => {
		vi.useFakeTimers();
		told = [];
		allowed = true;
		clicks = new Clicks({
			allowed: () => allowed,
			now: () => Date.now(),
			random: () => visit,
			tell: (seen) => {
				told.push(seen);
				return Promise.reject(new Error('nobody answers'));
			}
		});
	});

	afterEach(() => {
		vi.useRealTimers();
	});

	it('is collected and says how long ago it was', () => {
		clicks.page('/shop');
		vi.advanceTimersByTime(2_000);
		clicks.search('tomato', 3);
		clicks.product('fern');
		expect(told).toEqual([]);
		vi.advanceTimersByTime(3_000);
		expect(told).toEqual([
			{
				visit,
				pages: [{ page: '/shop', ago_ms: 5_000 }],
				searches: [{ words: 'tomato', found: 3, ago_ms: 3_000 }],
				products: [{ product_id: 'fern', ago_ms: 3_000 }]
			}
		]);
	});

	it('is told at once when the tab is left, and only once', () => {
		clicks.page('/');
		clicks.tell();
		clicks.tell();
		vi.advanceTimersByTime(60_000);
		expect(told).toHaveLength(1);
	});

	it('is nothing once nothing may be counted, nor what was collected before', () => {
		clicks.page('/');
		allowed = false;
		vi.advanceTimersByTime(60_000);
		expect(told).toEqual([]);
	});

	it('has nothing of a time when nothing might be counted', () => {
		allowed = false;
		clicks.page('/shop');
		clicks.search('tomato', 0);
		allowed = true;
		clicks.page('/shop');
		clicks.tell();
		expect(told).toEqual([
			{ visit, pages: [{ page: '/shop', ago_ms: 0 }], products: [], searches: [] }
		]);
	});

	it('is never more than one call takes', () => {
		for (let n = 0; n < 120; n++) clicks.page('/');
		clicks.tell();
		expect(told.map(({ pages }) => pages?.length)).toEqual([50, 50, 20]);
	});

	it('has no pages of the staff, and no half of a character', () => {
		clicks.page('/staff/orders');
		clicks.page(null);
		clicks.search('🌻'.repeat(300), 0);
		clicks.tell();
		expect(told).toEqual([
			{
				visit,
				pages: [],
				products: [],
				searches: [{ words: '🌻'.repeat(200), found: 0, ago_ms: 0 }]
			}
		]);
	});
});
