import { beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { Problem } from '../api/problem';
import type { AddressFields } from '../api/types';
import { buy, isFinal, keepDraft, openAttempt, readDraft, type Attempt } from './checkout';
import { loadConfig } from '../config';

const problem = (status: number, slug = 'x') =>
	new Problem({ type: `/problems/${slug}`, title: 'x', status });

const attempt: Attempt = {
	key: 'one',
	body: {
		address_id: '7',
		payment: { token: 'tok_visa' },
		expected_total: { amount: 1675, currency: 'USD' },
		expected_items: []
	},
	user: 'rose'
};

/** What the shop answers, one after the other; nothing at all is a lost answer. */
function shop(...answers: (Response | undefined)[]) {
	const keys: (string | null)[] = [];
	vi.stubGlobal('fetch', async (_: URL, { headers }: { headers: Record<string, string> }) => {
		keys.push(headers['idempotency-key'] ?? null);
		const next = answers.shift();
		if (!next) throw new TypeError('lost');
		return next;
	});
	return keys;
}

function refusal(status: number, slug: string): Response {
	return Response.json({ type: `/problems/${slug}`, title: slug, status }, { status });
}

function memory(): Storage {
	const items = new Map<string, string>();
	return {
		getItem: (key: string) => items.get(key) ?? null,
		setItem: (key: string, value: string) => void items.set(key, value),
		removeItem: (key: string) => void items.delete(key)
	} as Storage;
}

let store: Storage;

beforeAll(() => loadConfig(async () => Response.json({ api: 'http://shop.example' })));
beforeEach(() => {
	store = memory();
	return () => vi.unstubAllGlobals();
});

it('keeps the key while nobody knows how an attempt went', () => {
	for (const status of [0, 408, 429, 500, 502, 503, 504]) {
		expect(isFinal(problem(status), false), String(status)).toBe(false);
		expect(isFinal(problem(status), true), String(status)).toBe(false);
	}
});

it('takes a new key once the shop has refused', () => {
	for (const status of [400, 401, 402, 409, 422]) {
		expect(isFinal(problem(status), false), String(status)).toBe(true);
	}
	for (const status of [402, 409, 422]) {
		expect(isFinal(problem(status), true), String(status)).toBe(true);
	}
});

it('keeps a repeated attempt of which an ended session or another cart says nothing', async () => {
	for (const [status, slug] of [
		[401, 'unauthorised'],
		[422, 'key-reused']
	] as const) {
		store = memory();
		shop(undefined, refusal(status, slug));
		expect((await buy(attempt, store)).kind).toBe('unknown');
		expect((await buy(attempt, store)).kind).toBe('unknown');
		expect(openAttempt('rose', store)).toEqual(attempt);
	}
});

it('forgets a first attempt that was refused', async () => {
	shop(refusal(401, 'unauthorised'));
	expect((await buy(attempt, store)).kind).toBe('refused');
	expect(openAttempt('rose', store)).toBeUndefined();
});

it('repeats a lost attempt under its key, and gets its order', async () => {
	const keys = shop(undefined, Response.json({ id: '42' }, { status: 201 }));
	await buy(attempt, store);
	expect(await buy(attempt, store)).toEqual({ kind: 'ordered', id: '42' });
	expect(keys).toEqual(['one', 'one']);
	expect(openAttempt('rose', store)).toBeUndefined();
});

it('keeps what somebody typed for that one alone', () => {
	const address = { name: 'Rose', line1: '1 Lane' } as AddressFields;
	const draft = { address, chosen: 'new', remember: true, user: 'rose' };
	keepDraft(draft, store);
	expect(readDraft('rose', store)).toEqual(draft);
	expect(readDraft('iris', store)).toBeUndefined();
});
