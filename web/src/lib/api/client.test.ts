import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../config';
import { answer, api, identifyBy, sessionApi, versioned } from './client';
import { Problem, unreachable } from './problem';

/** Every request gets what `reply` makes of it; tells with which tokens they came. */
function shop(reply: (token: string | null) => Response) {
	const tokens: (string | null)[] = [];
	vi.stubGlobal('fetch', async (request: Request) => {
		const token = request.headers.get('authorization');
		tokens.push(token);
		return reply(token);
	});
	return tokens;
}

const list = () => Response.json({ items: [] });
const products = () => answer(api().GET('/v1/products', {}));
const refused = () => Response.json({ title: 'Who are you?', status: 401 }, { status: 401 });

beforeAll(() => loadConfig(async () => Response.json({ api: 'http://shop.example' })));
beforeEach(() => () => vi.unstubAllGlobals());

describe('a request', () => {
	it('goes without a token when the last one has expired and nobody has another', async () => {
		const gone = async () => Promise.reject(unreachable());
		identifyBy({ token: gone, refresh: gone });
		const tokens = shop(list);
		expect(await products()).toEqual({ items: [] });
		expect(tokens).toEqual([null]);
	});

	it('tells why there was no token when one is needed', async () => {
		const gone = async () => Promise.reject(unreachable());
		identifyBy({ token: gone, refresh: gone });
		shop(refused);
		await expect(answer(api().GET('/v1/cart'))).rejects.toThrow('The shop cannot be reached');
	});

	it('comes again with a new token, once', async () => {
		let token = 'old';
		identifyBy({ token: async () => token, refresh: async () => (token = 'new') });
		const tokens = shop((sent) => (sent === 'Bearer new' ? list() : refused()));
		expect(await products()).toEqual({ items: [] });
		expect(tokens).toEqual(['Bearer old', 'Bearer new']);
	});

	it('that took too long found nobody, but one that was given up is no fault', async () => {
		vi.stubGlobal('fetch', async (request: Request) => {
			await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
			throw request.signal.reason;
		});
		const late = sessionApi().POST('/v1/sessions/refresh', { signal: AbortSignal.timeout(5) });
		await expect(late).rejects.toBeInstanceOf(Problem);

		const caller = new AbortController();
		const left = api().GET('/v1/products', { signal: caller.signal });
		setTimeout(() => caller.abort(), 5);
		await expect(left).rejects.toMatchObject({ name: 'AbortError' });
	});
});

describe('a versioned answer', () => {
	const read = () => versioned(api().GET('/v1/products/{id}', { params: { path: { id: '7' } } }));

	it('has its version', async () => {
		shop(() => Response.json({ id: '7' }, { headers: { etag: '"3"' } }));
		expect((await read()).etag).toBe('"3"');
	});

	it('is none without it: nothing may be overwritten unseen', async () => {
		shop(() => Response.json({ id: '7' }));
		await expect(read()).rejects.toThrow('version');
	});
});
