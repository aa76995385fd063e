import { beforeEach, describe, expect, it, vi } from 'vitest';
import { versioned } from './client';
import { Problem, Terrace } from './generated';

interface Sent {
	path: string;
	token: string | undefined;
	init: RequestInit;
}

/** A shop that renews no session unless told, and answers the rest with `reply`. */
function shop(reply: (sent: Sent) => Response | undefined) {
	const sent: Sent[] = [];
	let later = 0;
	const client = new Terrace({
		url: 'http://shop.example',
		retries: 0,
		now: () => Date.now() + later,
		fetch: async (url, init = {}) => {
			const headers = init.headers as Record<string, string>;
			const one = { path: (url as URL).pathname, token: headers.authorization, init };
			sent.push(one);
			const answer = reply(one);
			if (!answer) throw new TypeError('nobody is there');
			return answer;
		}
	});
	const pass = (seconds: number) => (later += seconds * 1000);
	return { client, sent, pass, asked: () => sent.map(({ path, token }) => [path, token]) };
}

const body = { email: 'rose@garden.example', password: 'a long pass phrase' };
const tokens = (access_token: string) => Response.json({ access_token, expires_in: 900 });
const list = () => Response.json({ items: [] });
const refusal = (status: number, slug: string) =>
	Response.json({ type: `/problems/${slug}`, title: slug, status }, { status });

beforeEach(() => () => vi.unstubAllGlobals());

describe('a request', () => {
	it('goes without a token when the last one has expired and nobody has another', async () => {
		const { client, asked, pass } = shop(({ path }) => {
			if (path === '/v1/sessions') return tokens('old');
			return path === '/v1/products' ? list() : undefined;
		});
		await client.signIn({ body });
		pass(900);
		expect(await client.listProducts()).toEqual({ items: [] });
		expect(asked().slice(1)).toEqual([
			['/v1/sessions/refresh', undefined],
			['/v1/products', undefined]
		]);
	});

	it('tells why there was no token when one is needed', async () => {
		const { client, pass } = shop(({ path }) => {
			if (path === '/v1/sessions') return tokens('old');
			return path === '/v1/me/addresses' ? refusal(401, 'sign-in-required') : undefined;
		});
		await client.signIn({ body });
		pass(900);
		await expect(client.listAddresses()).rejects.toMatchObject({ slug: 'unreachable' });
	});

	it('comes again with a new token, once', async () => {
		const { client, asked } = shop(({ path, token }) => {
			if (path === '/v1/sessions') return tokens('old');
			if (path === '/v1/sessions/refresh') return tokens('new');
			return token === 'Bearer new' ? list() : refusal(401, 'invalid-token');
		});
		await client.signIn({ body });
		expect(await client.listAddresses()).toEqual({ items: [] });
		expect(asked().slice(1)).toEqual([
			['/v1/me/addresses', 'Bearer old'],
			['/v1/sessions/refresh', undefined],
			['/v1/me/addresses', 'Bearer new']
		]);
	});

	it('is not repeated for refusals of what was sent', async () => {
		for (const slug of ['step-up-required', 'wrong-credentials', 'wrong-code']) {
			const { client, sent } = shop(() => refusal(401, slug));
			await expect(client.deleteMe()).rejects.toMatchObject({ slug });
			expect(sent).toHaveLength(1);
		}
	});

	it('that took too long found nobody, but one that was given up is no fault', async () => {
		const never = (_: unknown, init?: RequestInit) =>
			new Promise<Response>((_, reject) => {
				init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
			});
		const client = new Terrace({ url: 'http://shop.example', retries: 0, fetch: never });
		const late = client.listProducts({}, { timeoutMs: 5 });
		await expect(late).rejects.toMatchObject({ slug: 'unreachable' });

		const caller = new AbortController();
		const left = client.listProducts({}, { signal: caller.signal });
		setTimeout(() => caller.abort(), 5);
		await expect(left).rejects.toMatchObject({ name: 'AbortError' });
	});

	it('of a browser asks nobody for leave that needs none, and has cookies where they are meant', async () => {
		vi.stubGlobal('document', {});
		vi.resetModules();
		const { Terrace } = await import('./generated');
		const sent: RequestInit[] = [];
		const client = new Terrace({
			url: 'http://shop.example',
			fetch: async (_, init = {}) => {
				sent.push(init);
				return sent.length === 2 ? tokens('a') : list();
			}
		});
		await client.listProducts();
		await client.refreshSession();
		expect(sent[0]).toMatchObject({ headers: {}, credentials: 'omit', keepalive: false });
		expect(sent[1]).toMatchObject({ headers: {}, credentials: 'include', keepalive: true });
	});
});

describe('a versioned answer', () => {
	const read = (headers?: HeadersInit) =>
		versioned((options) =>
			shop(() => Response.json({ id: '7' }, { headers })).client.getProduct({ id: '7' }, options)
		);

	it('has its version', async () => {
		expect((await read({ etag: '"3"' })).etag).toBe('"3"');
	});

	it('is none without it: nothing may be overwritten unseen', async () => {
		await expect(read()).rejects.toThrow('version');
	});
});

it('a refusal is a problem', async () => {
	const { client } = shop(() => refusal(404, 'not-found'));
	await expect(client.deleteAddress({ id: '7' })).rejects.toBeInstanceOf(Problem);
});
