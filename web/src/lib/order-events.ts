// Follows one order. An event is a nudge: what is shown is read from the order itself, so that a
// lost or repeated event changes nothing.

import { apiOrigin } from '$lib/config';
import { session } from '$lib/session.svelte';
import { follow } from '$lib/sse';

export interface OrderFollower {
	changed(): void;
	connected(is: boolean): void;
}

/** Follows until the returned function is called. */
export function followOrder(id: string, follower: OrderFollower): () => void {
	const stop = new AbortController();
	void follow(stop.signal, {
		open: (lastId, signal) => open(id, lastId, signal),
		wait,
		connected: (is) => {
			follower.connected(is);
			// What happened between reading the order and now.
			if (is) follower.changed();
		},
		event: () => follower.changed()
	});
	return () => stop.abort();
}

async function open(id: string, lastId: string | undefined, signal: AbortSignal) {
	const response = await request(id, lastId, signal);
	if (response.status !== 401) return response;
	await session.refresh();
	return request(id, lastId, signal);
}

async function request(id: string, lastId: string | undefined, signal: AbortSignal) {
	const headers = new Headers({ accept: 'text/event-stream' });
	const token = await session.token();
	if (token) headers.set('authorization', `Bearer ${token}`);
	if (lastId) headers.set('last-event-id', lastId);
	return fetch(`${apiOrigin()}/v1/orders/${encodeURIComponent(id)}/events`, { headers, signal });
}

/** Waits, but no longer once the network is back. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			clearTimeout(timer);
			removeEventListener('online', done);
			resolve();
		};
		const timer = setTimeout(done, ms);
		addEventListener('online', done, { once: true });
		signal.addEventListener('abort', done, { once: true });
	});
}
