import { beforeEach, expect, it, vi } from 'vitest';
import { Problem, unreachable } from '../api/generated/problem';
import { followOrder } from './order-events';

const shop = vi.hoisted(() => ({ followOrder: vi.fn() }));
vi.mock('$lib/api/client', () => ({ api: () => shop }));

/** A stream that is opened, has these events, and then breaks or ends. */
function stream(ids: string[], fault?: unknown) {
	return async function* (_: string, { onOpen }: { onOpen: () => void }) {
		onOpen();
		for (const id of ids) yield { id };
		if (fault) throw fault;
	};
}

function refused(fault: unknown) {
	return () => ({
		[Symbol.asyncIterator]: () => ({ next: () => Promise.reject(fault) })
	});
}

function follow() {
	const seen: string[] = [];
	const stop = followOrder('7', {
		changed: () => seen.push('changed'),
		connected: (is) => seen.push(is ? 'open' : 'broken')
	});
	return { seen, stop };
}

beforeEach(() => {
	vi.resetAllMocks();
	vi.useFakeTimers();
	vi.stubGlobal('addEventListener', () => undefined);
	vi.stubGlobal('removeEventListener', () => undefined);
	return () => {
		vi.useRealTimers();
		vi.unstubAllGlobals();
	};
});

it('an order is followed after the last event, however often the connection is lost', async () => {
	shop.followOrder.mockImplementationOnce(stream(['1', '2'], unreachable('cut')));
	shop.followOrder.mockImplementationOnce(refused(unreachable('offline')));
	shop.followOrder.mockImplementationOnce(refused(new Problem({ status: 503 })));
	shop.followOrder.mockImplementationOnce(stream(['3']));

	const { seen } = follow();
	await vi.advanceTimersByTimeAsync(30_000);

	const after = shop.followOrder.mock.calls.map(([, { lastEventId }]) => lastEventId);
	expect(after).toEqual([undefined, '2', '2', '2']);
	const broken = ['broken', 'broken', 'broken'];
	const first = ['open', 'changed', 'changed', 'changed'];
	expect(seen).toEqual([...first, ...broken, 'open', 'changed', 'changed']);
});

it('a refusal ends it, and so does whoever looks away', async () => {
	shop.followOrder.mockImplementation(refused(new Problem({ status: 404 })));
	follow();
	await vi.advanceTimersByTimeAsync(120_000);
	expect(shop.followOrder).toHaveBeenCalledTimes(1);

	shop.followOrder.mockImplementation(refused(unreachable('offline')));
	const { stop } = follow();
	stop();
	await vi.advanceTimersByTimeAsync(120_000);
	expect(shop.followOrder).toHaveBeenCalledTimes(2);
});
