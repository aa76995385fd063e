// The API, typed by its document. The only way in which a page reaches it.

import createClient from 'openapi-fetch';
import { apiOrigin } from '$lib/config';
import type { paths } from './generated/shop';
import { problemFrom, unreachable } from './problem';

/** What the client needs to know of who is signed in. */
export interface Identity {
	token(): Promise<string | null>;
	refresh(): Promise<unknown>;
}

let identity: Identity = { token: async () => null, refresh: async () => null };

/** Names who is asked for tokens. */
export function identifyBy(source: Identity): void {
	identity = source;
}

/**
 * Sends with the bearer's token; a refused token is replaced once. Who has none left and gets none
 * asks without: what everybody may see needs no token.
 */
export async function authorised(request: Request): Promise<Response> {
	const again = request.clone();
	let token: string | null = null;
	let lost: unknown;
	try {
		token = await identity.token();
	} catch (thrown) {
		lost = thrown;
	}
	const response = await send(request, token);
	if (response.status !== 401 || (await isNotOfToken(response))) return response;
	if (lost) throw lost;
	if (token === null) return response;
	await identity.refresh();
	const fresh = await identity.token();
	return fresh === null || fresh === token ? response : send(again, fresh);
}

/** Refusals of what was sent: another token would not change them. */
const NOT_OF_TOKEN = [
	'step-up-required',
	'wrong-credentials',
	'wrong-code',
	'challenge-expired',
	'passkey-refused',
	'provider-refused'
];

async function isNotOfToken(response: Response): Promise<boolean> {
	const body: unknown = await response
		.clone()
		.json()
		.catch(() => null);
	return NOT_OF_TOKEN.includes(problemFrom(response, body).slug);
}

async function send(request: Request, token: string | null): Promise<Response> {
	if (token !== null) request.headers.set('authorization', `Bearer ${token}`);
	try {
		return await fetch(request);
	} catch (thrown) {
		if (request.signal.aborted && !isTimeout(request.signal.reason)) throw thrown;
		throw unreachable();
	}
}

function isTimeout(reason: unknown): boolean {
	return reason instanceof DOMException && reason.name === 'TimeoutError';
}

let made: ReturnType<typeof createClient<paths>> | undefined;

/** The API with the bearer's token. */
export function api() {
	made ??= createClient<paths>({ baseUrl: apiOrigin(), fetch: authorised });
	return made;
}

let session: ReturnType<typeof createClient<paths>> | undefined;

/** The API with the refresh cookie: for the operations on sessions alone. */
export function sessionApi() {
	session ??= createClient<paths>({
		baseUrl: apiOrigin(),
		credentials: 'include',
		fetch: (request) => {
			// A refresh that is cut off by leaving the page would have used the cookie up.
			const keepalive = request.url.endsWith('/refresh');
			return send(new Request(request, { keepalive }), null);
		}
	});
	return session;
}

let open: ReturnType<typeof createClient<paths>> | undefined;

/** The API without a token or a cookie: it is not told who asks, and goes on when the page has gone. */
export function publicApi() {
	open ??= createClient<paths>({
		baseUrl: apiOrigin(),
		credentials: 'omit',
		fetch: (request) => send(new Request(request, { keepalive: true }), null)
	});
	return open;
}

interface Answer<T> {
	data?: T;
	error?: unknown;
	response: Response;
}

/** The answer's body; throws the problem of a refusal. */
export async function answer<T>(call: Promise<Answer<T>>): Promise<T> {
	const { data, error, response } = await call;
	if (!response.ok) throw problemFrom(response, error);
	return data as T;
}

/** The answer's body and its version, for a later `If-Match`; throws when there is none. */
export async function versioned<T>(call: Promise<Answer<T>>): Promise<{ value: T; etag: string }> {
	const { data, error, response } = await call;
	if (!response.ok) throw problemFrom(response, error);
	const etag = response.headers.get('etag');
	// `*` would overwrite whatever somebody else has saved meanwhile.
	if (etag === null) throw new Error('The answer does not tell its version.');
	return { value: data as T, etag };
}

/** A picture of the catalog. */
export function pictureUrl(path: string): string {
	return apiOrigin() + path;
}
