// One attempt to buy. Its key stays the same until the shop says how it went, so that trying again
// never buys twice; it survives a reload of the page.

import { answer, api } from '$lib/api/client';
import { asProblem, Problem, problemFrom } from '$lib/api/problem';
import type { PlaceOrder } from '$lib/api/types';

export interface Attempt {
	key: string;
	body: PlaceOrder;
	/** Whose attempt it is. */
	user: string;
}

export type Outcome =
	| { kind: 'ordered'; id: string }
	/** The shop said no: nothing was bought, and the next attempt is a new one. */
	| { kind: 'refused'; problem: Problem }
	/** Nobody knows yet: only the same attempt may be repeated. */
	| { kind: 'unknown'; problem: Problem };

const KEPT = 'terrace.checkout';

/** The attempt that a reload or a lost connection left open. */
export function openAttempt(user: string, store: Storage = sessionStorage): Attempt | undefined {
	try {
		const attempt = JSON.parse(store.getItem(KEPT) ?? 'null') as Attempt | null;
		return attempt?.user === user ? attempt : undefined;
	} catch {
		return undefined;
	}
}

export async function buy(attempt: Attempt, store: Storage = sessionStorage): Promise<Outcome> {
	store.setItem(KEPT, JSON.stringify(attempt));
	let outcome: Outcome;
	try {
		outcome = await send(attempt);
	} catch (thrown) {
		const problem = asProblem(thrown);
		outcome = { kind: isFinal(problem) ? 'refused' : 'unknown', problem };
	}
	if (outcome.kind !== 'unknown') store.removeItem(KEPT);
	return outcome;
}

async function send({ key, body }: Attempt): Promise<Outcome> {
	const header = { 'Idempotency-Key': key };
	const { data, error, response } = await api().POST('/v1/orders', { params: { header }, body });
	if (!data) throw problemFrom(response, error);
	return { kind: 'ordered', id: data.id };
}

/** Whether the shop has decided. */
export function isFinal(problem: Problem): boolean {
	return problem.status >= 400 && problem.status < 500 && ![408, 425, 429].includes(problem.status);
}

/** The addresses of the account. */
export async function savedAddresses() {
	return (await answer(api().GET('/v1/me/addresses'))).items;
}
