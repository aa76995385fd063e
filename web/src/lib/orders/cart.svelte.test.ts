import { beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Me } from '../api/types';
import { loadConfig } from '../config';

const world = vi.hoisted(() => ({
	user: { id: 'rose' } as unknown,
	problem: null as unknown,
	listeners: [] as ((user: unknown) => void)[]
}));

vi.mock('$lib/session.svelte', () => ({
	session: {
		get user() {
			return world.user;
		},
		get problem() {
			return world.problem;
		},
		start: async () => undefined,
		onChange: (listener: (user: unknown) => void) => void world.listeners.push(listener)
	}
}));

interface Call {
	method: string;
	quantity: number | undefined;
	/** Answers what is in the cart then. */
	land(): Promise<void>;
	refuse(status: number): Promise<void>;
}

/** Lets everything go on that waits for nothing else. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 2));

function bill(there: Map<string, number>) {
	const items = [...there].map(([product_id, quantity]) => ({ product_id, quantity }));
	return { items, subtotal: { amount: 0, currency: 'USD' } };
}

/** A shop whose answers come when they are let; what it has in the cart changes when it answers. */
async function shop(lines: Record<string, number> = {}) {
	const there = new Map(Object.entries(lines));
	const calls: Call[] = [];
	vi.stubGlobal(
		'fetch',
		async (url: URL, { method, body: sent }: { method: string; body: BodyInit }) => {
			const product = url.pathname.split('/').pop() ?? '';
			const body =
				method === 'PUT' ? ((await new Response(sent).json()) as { quantity: number }) : undefined;
			return new Promise<Response>((resolve) => {
				calls.push({
					method,
					quantity: body?.quantity,
					land: () => {
						if (body) there.set(product, body.quantity);
						if (method === 'DELETE') there.delete(product);
						resolve(
							method === 'DELETE' ? new Response(null, { status: 204 }) : Response.json(bill(there))
						);
						return settle();
					},
					refuse: (status) => {
						resolve(Response.json({ title: 'No', status }, { status }));
						return settle();
					}
				});
			});
		}
	);
	vi.resetModules();
	world.listeners = [];
	world.user = { id: 'rose' };
	world.problem = null;
	await (await import('../config')).loadConfig(async () => Response.json({ api: 'http://shop' }));
	const { cart } = await import('./cart.svelte');
	cart.start();
	const last = () => {
		const call = calls.at(-1);
		if (!call) throw new Error('nothing was asked for');
		return call;
	};
	/** What the cart shows. */
	const shown = () =>
		cart.view && Object.fromEntries(cart.view.items.map((i) => [i.product_id, i.quantity]));
	async function loaded() {
		void cart.load();
		await settle();
		await last().land();
	}
	async function signIn(user: Partial<Me> | null) {
		world.user = user;
		for (const listener of world.listeners) listener(user);
		await settle();
	}
	return { cart, calls, there, last, shown, loaded, signIn };
}

beforeAll(() => loadConfig(async () => Response.json({ api: 'http://shop' })));
beforeEach(() => {
	const kept = new Map<string, string>();
	vi.stubGlobal('localStorage', {
		getItem: (key: string) => kept.get(key) ?? null,
		setItem: (key: string, value: string) => void kept.set(key, value),
		removeItem: (key: string) => void kept.delete(key)
	});
	vi.stubGlobal('addEventListener', () => undefined);
	// The tests' tabs have nothing to tell each other.
	vi.stubGlobal('BroadcastChannel', undefined);
	return () => vi.unstubAllGlobals();
});

it('adds to what is in the cart now, not to what was seen of it', async () => {
	const { cart, there, loaded, last, calls } = await shop({ fern: 1 });
	await loaded();
	there.set('fern', 5);
	void cart.add('fern', 1);
	await settle();
	await last().land();
	expect(last()).toMatchObject({ method: 'PUT', quantity: 6 });
	await last().land();
	expect(calls.map(({ method }) => method)).toEqual(['GET', 'GET', 'PUT']);
});

it('adds nothing to a cart that it cannot read', async () => {
	const { cart, last, calls } = await shop({ fern: 5 });
	const added = cart.add('fern', 1);
	const refused = expect(added).rejects.toMatchObject({ status: 503 });
	await settle();
	await last().refuse(503);
	await refused;
	expect(calls).toHaveLength(1);
});

it('shows quick changes at once and writes one at a time, the latest last', async () => {
	const { cart, loaded, last, shown, calls, there } = await shop({ fern: 1 });
	await loaded();
	const all: Promise<void>[] = [];
	for (let press = 0; press < 3; press += 1) {
		all.push(cart.set('fern', (shown()?.fern ?? 0) + 1));
		await settle();
	}
	expect(shown()).toEqual({ fern: 4 });
	expect(cart.count).toBe(4);
	expect(calls).toHaveLength(2);

	await last().land();
	expect(shown()).toEqual({ fern: 4 });
	expect(last()).toMatchObject({ method: 'PUT', quantity: 4 });
	await last().land();
	await Promise.all(all);
	expect(calls).toHaveLength(3);
	expect(there.get('fern')).toBe(4);
	expect(shown()).toEqual({ fern: 4 });
});

it('shows the real quantity again when a change is refused', async () => {
	const { cart, loaded, last, shown, there } = await shop({ fern: 2 });
	await loaded();
	const changed = expect(cart.set('fern', 90)).rejects.toMatchObject({ status: 422 });
	await settle();
	expect(shown()).toEqual({ fern: 90 });
	there.set('fern', 3);
	await last().refuse(422);
	await last().land();
	await changed;
	expect(shown()).toEqual({ fern: 3 });
});

it('shows what it knew when nobody answers a change', async () => {
	const { cart, loaded, last, shown } = await shop({ fern: 2 });
	await loaded();
	const changed = expect(cart.set('fern', 90)).rejects.toMatchObject({ status: 503 });
	await settle();
	await last().refuse(503);
	await last().refuse(503);
	await changed;
	expect(shown()).toEqual({ fern: 2 });
	expect(cart.problem).toBeNull();
});

it('is not empty because nobody knows whose it is', async () => {
	const { cart, calls } = await shop({ fern: 2 });
	world.user = null;
	world.problem = (await import('../api/problem')).unreachable();
	await cart.load();
	expect(cart.problem?.message).toBe('The shop cannot be reached');
	expect(cart.view).toBeNull();
	expect(calls).toEqual([]);
});

it('keeps a line until its removal is answered', async () => {
	const { cart, loaded, last, shown } = await shop({ fern: 2, moss: 1 });
	await loaded();
	void cart.set('fern', 0);
	await settle();
	expect(shown()).toEqual({ fern: 2, moss: 1 });
	await last().land();
	await last().land();
	expect(shown()).toEqual({ moss: 1 });
});

it('shows nobody what was read for somebody else', async () => {
	const { cart, calls, shown, signIn } = await shop({ fern: 2 });
	void cart.load();
	await settle();
	await signIn(null);
	await calls[0]?.land();
	expect(shown()).toEqual({});
	expect(cart.count).toBe(0);
});

it('sends nothing of one shopper in the name of the next', async () => {
	const { cart, loaded, last, calls, signIn } = await shop({ fern: 2 });
	await loaded();
	void cart.set('fern', 3);
	void cart.set('moss', 1);
	void cart.load();
	await settle();
	const first = last();
	await signIn({ id: 'iris' });
	await first.land();
	expect(calls.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET']);
});
