// One attempt to buy. Its key stays the same until the shop says how it went, so that trying again
// never buys twice; it survives a reload of the page.

import { api } from '$lib/api/client';
import { asProblem, type Problem } from '$lib/api/problem';
import type { AddressFields, PlaceOrder } from '$lib/api/types';
import type { Money } from '$lib/money';
import { forTab, type Store } from '$lib/storage';

export interface Attempt {
	key: string;
	/** With what the shopper was shown: nothing else is paid. */
	body: PlaceOrder & {
		expected_total: Money;
		expected_items: { product_id: string; unit_price: Money }[];
	};
	/** Whose attempt it is. */
	user: string;
}

export type Outcome =
	| { kind: 'ordered'; id: string }
	/** The shop said no: nothing was bought, and the next attempt is a new one. */
	| { kind: 'refused'; problem: Problem }
	/** Nobody knows yet: only the same attempt may be repeated. */
	| { kind: 'unknown'; problem: Problem };

/** What is typed at the checkout, for whoever reloads or has to sign in again. */
export interface Draft {
	address: AddressFields;
	/** The id of a saved address, or `new`. */
	chosen: string;
	remember: boolean;
	/** Whose draft it is. */
	user: string;
}

const KEPT = 'terrace.checkout';
const DRAFT = 'terrace.draft';

/** The attempt that a reload or a lost connection left open. */
export function openAttempt(user: string, store: Store = forTab): Attempt | undefined {
	return read<Attempt>(KEPT, user, store);
}

/** Gives an open attempt up: the next one is a new one. */
export function forget(store: Store = forTab): void {
	store.removeItem(KEPT);
}

export function keepDraft(draft: Draft, store: Store = forTab): void {
	store.setItem(DRAFT, JSON.stringify(draft));
}

export function readDraft(user: string, store: Store = forTab): Draft | undefined {
	return read<Draft>(DRAFT, user, store);
}

export function forgetDraft(store: Store = forTab): void {
	store.removeItem(DRAFT);
}

/** What was kept under `key`, if it is this shopper's. */
function read<T extends { user: string }>(key: string, user: string, store: Store): T | undefined {
	try {
		const kept = JSON.parse(store.getItem(key) ?? 'null') as T | null;
		return kept?.user === user ? kept : undefined;
	} catch {
		return undefined;
	}
}

export async function buy(attempt: Attempt, store: Store = forTab): Promise<Outcome> {
	const repeated = openAttempt(attempt.user, store)?.key === attempt.key;
	store.setItem(KEPT, JSON.stringify(attempt));
	let outcome: Outcome;
	try {
		outcome = await send(attempt);
	} catch (thrown) {
		const problem = asProblem(thrown);
		outcome = { kind: isFinal(problem, repeated) ? 'refused' : 'unknown', problem };
	}
	if (outcome.kind !== 'unknown') forget(store);
	return outcome;
}

async function send({ key, body }: Attempt): Promise<Outcome> {
	const { id } = await api().placeOrder({ body }, { idempotencyKey: key });
	return { kind: 'ordered', id };
}

/**
 * Whether the shop has decided. A repeated attempt may have bought already: that the session has
 * ended, or that the cart is another one by now, says nothing about it.
 */
export function isFinal(problem: Problem, repeated: boolean): boolean {
	if (repeated && (problem.status === 401 || isOfAnotherCart(problem))) return false;
	// The next card has to wait, and this one was not asked.
	if (problem.slug === 'too-many-declines') return true;
	return problem.status >= 400 && problem.status < 500 && ![408, 425, 429].includes(problem.status);
}

/** The attempt did reach the shop, and the cart was changed since: asking again cannot help. */
export function isOfAnotherCart(problem: Problem): boolean {
	return problem.slug === 'key-reused';
}
