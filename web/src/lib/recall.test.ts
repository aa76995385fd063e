import { beforeEach, expect, it, vi } from 'vitest';
import { forgetAll, goingBack, recall, recalled, remember } from './recall';

beforeEach(() => {
	forgetAll();
	goingBack(false);
	vi.useFakeTimers();
	return () => vi.useRealTimers();
});

it('answers at once on the way back, and asks otherwise', async () => {
	await recall('/shop', async () => 1);
	goingBack(true);
	expect(recall('/shop', async () => 2)).toBe(1);
	goingBack(false);
	expect(await recall('/shop', async () => 3)).toBe(3);
	goingBack(true);
	expect(recalled('/shop')).toBe(3);
});

it('keeps nothing of what failed, of long ago, or of another shopper', async () => {
	goingBack(true);
	await expect(recall('/lost', async () => Promise.reject(new Error('lost')))).rejects.toThrow();
	expect(recalled('/lost')).toBeUndefined();
	remember('/shop', 1);
	vi.advanceTimersByTime(10 * 60_000);
	expect(recalled('/shop')).toBeUndefined();
	remember('/shop', 1);
	forgetAll();
	expect(recalled('/shop')).toBeUndefined();
});

it('keeps a bounded number of answers, the latest ones', () => {
	goingBack(true);
	for (let page = 0; page < 61; page += 1) remember(String(page), page);
	expect(recalled('0')).toBeUndefined();
	expect(recalled('1')).toBe(1);
	expect(recalled('60')).toBe(60);
});
