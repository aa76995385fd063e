// Follows one order. An event is a nudge: what is shown is read from the order itself, so that a
// lost or repeated event changes nothing.

import { api } from '$lib/api/client';
import { asProblem } from '$lib/api/problem';

export interface OrderFollower {
	changed(): void;
	connected(is: boolean): void;
}

/** Follows until the returned function is called. */
export function followOrder(id: string, follower: OrderFollower): () => void {
	const stop = new AbortController();
	void follow(id, follower, stop.signal);
	return () => stop.abort();
}

/** Every lost connection is waited out, longer each time, up to half a minute; a refusal ends it. */
async function follow(id: string, follower: OrderFollower, signal: AbortSignal): Promise<void> {
	let lastEventId: string | undefined;
	let failures = 0;
	const onOpen = () => {
		follower.connected(true);
		// What happened between reading the order and now.
		follower.changed();
	};
	while (!signal.aborted) {
		try {
			for await (const event of api().followOrder(id, { signal, lastEventId, onOpen })) {
				failures = 0;
				lastEventId = event.id ?? lastEventId;
				follower.changed();
			}
			return;
		} catch (thrown) {
			if (signal.aborted) return;
			const { status } = asProblem(thrown);
			if (status >= 400 && status < 500 && status !== 429) return;
		}
		follower.connected(false);
		const pause = Math.min(30_000, 500 * 2 ** failures);
		failures += 1;
		await wait(pause * (0.75 + Math.random() / 2), signal);
	}
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
