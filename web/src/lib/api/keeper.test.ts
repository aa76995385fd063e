import { describe, expect, it } from 'vitest';
import { Keeper, type Tokens } from './keeper';

function world() {
	const seen: (Tokens | null)[] = [];
	const ends: boolean[] = [];
	const flights: { land(tokens: Tokens | null): void; crash(): void }[] = [];
	let now = 0;
	const keeper = new Keeper<Tokens>({
		refresh: () =>
			new Promise((land, reject) => {
				flights.push({ land, crash: () => reject(new Error('nobody answers')) });
			}),
		alone: (work) => work(),
		changed: (tokens, ended) => {
			seen.push(tokens);
			ends.push(ended);
		},
		now: () => now
	});
	return { keeper, seen, ends, flights, pass: (seconds: number) => (now += seconds * 1000) };
}

const tokens = (access_token: string) => ({ access_token, expires_in: 900 });

describe('the access token', () => {
	it('costs a stranger no call', async () => {
		const { keeper, flights } = world();
		expect(await keeper.token()).toBeNull();
		expect(flights).toHaveLength(0);
	});

	it('is fetched once, however many ask', async () => {
		const { keeper, flights, seen } = world();
		const all = Promise.all([keeper.refresh(), keeper.refresh(), keeper.refresh()]);
		expect(flights).toHaveLength(1);
		flights[0]?.land(tokens('a'));
		expect((await all).map((each) => each?.access_token)).toEqual(['a', 'a', 'a']);
		expect(seen).toEqual([tokens('a')]);
	});

	it('is fetched anew before it expires, not earlier, and is used meanwhile', async () => {
		const { keeper, flights, pass } = world();
		keeper.set(tokens('a'));
		pass(800);
		expect(await keeper.token()).toBe('a');
		expect(flights).toHaveLength(0);
		pass(60);
		expect(await keeper.token()).toBe('a');
		expect(flights).toHaveLength(1);
		const next = keeper.refresh();
		flights[0]?.land(tokens('b'));
		await next;
		expect(await keeper.token()).toBe('b');
	});

	it('is used to its end while nobody answers with another one', async () => {
		const { keeper, flights, pass } = world();
		keeper.set(tokens('a'));
		pass(899);
		expect(await keeper.token()).toBe('a');
		flights[0]?.crash();
		await expect(keeper.refresh()).rejects.toThrow();
		expect(await keeper.token()).toBe('a');
	});

	it('is waited for once the last one has expired', async () => {
		const { keeper, flights, pass } = world();
		keeper.set(tokens('a'));
		pass(900);
		const next = keeper.token();
		flights[0]?.land(tokens('b'));
		expect(await next).toBe('b');

		pass(900);
		const none = keeper.token();
		flights[1]?.crash();
		await expect(none).rejects.toThrow('nobody answers');
	});

	it('is gone when the session has ended', async () => {
		const { keeper, flights, seen } = world();
		keeper.set(tokens('a'));
		const next = keeper.refresh();
		flights[0]?.land(null);
		await next;
		expect(keeper.current).toBeNull();
		expect(seen.at(-1)).toBeNull();
	});

	it('stays when nobody answers, and the next one may ask again', async () => {
		const { keeper, flights } = world();
		keeper.set(tokens('a'));
		const failed = keeper.refresh();
		flights[0]?.crash();
		await expect(failed).rejects.toThrow();
		expect(keeper.current).toBe('a');

		const next = keeper.refresh();
		flights[1]?.land(tokens('b'));
		await next;
		expect(keeper.current).toBe('b');
	});

	it('is not brought back by a fetch that began before the sign-out', async () => {
		const { keeper, flights } = world();
		keeper.set(tokens('a'));
		const late = keeper.refresh();
		keeper.set(null);
		flights[0]?.land(tokens('b'));
		await late;
		expect(keeper.current).toBeNull();
	});

	it('tells a session that ended from a sign-out', async () => {
		const { keeper, flights, ends } = world();
		keeper.set(tokens('a'));
		const asked = keeper.refresh();
		flights[0]?.land(null);
		await asked;
		keeper.set(null);
		expect(ends).toEqual([false, true, false]);
	});
});
