import { describe, expect, it } from 'vitest';
import { Problem, unreachable } from './generated/problem';
import { Session, type Tokens } from './generated/session';

function world() {
	const seen: (string | undefined)[] = [];
	const ends: boolean[] = [];
	const flights: { land(access_token: string): void; crash(): void; end(): void }[] = [];
	let now = 0;
	const session = new Session(
		{ now: () => now },
		() =>
			new Promise((land, reject) => {
				flights.push({
					land: (access_token) => land(tokens(access_token)),
					crash: () => reject(unreachable(undefined)),
					end: () => reject(new Problem({ type: '/problems/session-ended', status: 401 }))
				});
			}),
		async () => undefined,
		(tokens, hasEnded) => {
			seen.push(tokens?.access_token);
			ends.push(hasEnded);
		}
	);
	return { session, seen, ends, flights, pass: (seconds: number) => (now += seconds * 1000) };
}

const tokens = (access_token: string) => ({ access_token, expires_in: 900 }) as Tokens;

describe('the access token', () => {
	it('costs a stranger no call', async () => {
		const { session, flights } = world();
		expect(await session.token()).toBeUndefined();
		expect(flights).toHaveLength(0);
	});

	it('is fetched once, however many ask', async () => {
		const { session, flights, seen } = world();
		const all = Promise.all([session.renew(), session.renew(), session.renew()]);
		expect(flights).toHaveLength(1);
		flights[0]?.land('a');
		expect((await all).map((each) => each.access_token)).toEqual(['a', 'a', 'a']);
		expect(seen).toEqual(['a']);
	});

	it('is fetched anew before it expires, not earlier', async () => {
		const { session, flights, pass } = world();
		session.take(tokens('a'));
		pass(830);
		expect(await session.token()).toBe('a');
		expect(flights).toHaveLength(0);
		pass(30);
		const next = session.token();
		flights[0]?.land('b');
		expect(await next).toBe('b');
	});

	it('is used to its end while nobody answers with another one', async () => {
		const { session, flights, pass } = world();
		session.take(tokens('a'));
		pass(899);
		const same = session.token();
		flights[0]?.crash();
		expect(await same).toBe('a');

		pass(1);
		const none = session.token();
		flights[1]?.crash();
		await expect(none).rejects.toMatchObject({ slug: 'unreachable' });
	});

	it('is gone when the session has ended', async () => {
		const { session, flights, seen, pass } = world();
		session.take(tokens('a'));
		pass(900);
		const next = session.token();
		flights[0]?.end();
		expect(await next).toBeUndefined();
		expect(seen).toEqual(['a', undefined]);
	});

	it('stays when nobody answers, and the next one may ask again', async () => {
		const { session, flights } = world();
		session.take(tokens('a'));
		const failed = session.renew();
		flights[0]?.crash();
		await expect(failed).rejects.toThrow();
		expect(await session.token()).toBe('a');

		const next = session.renew();
		flights[1]?.land('b');
		await next;
		expect(await session.token()).toBe('b');
	});

	it('is not brought back by a fetch that began before the sign-out', async () => {
		const { session, flights, seen } = world();
		session.take(tokens('a'));
		const late = session.renew();
		session.end();
		flights[0]?.land('b');
		await late;
		expect(await session.token()).toBeUndefined();
		expect(seen).toEqual(['a', undefined]);
	});

	it('tells a session that ended from a sign-out', async () => {
		const { session, flights, ends } = world();
		session.take(tokens('a'));
		const asked = session.renew();
		flights[0]?.end();
		await expect(asked).rejects.toThrow();
		session.end();
		expect(ends).toEqual([false, true, false]);
	});
});
