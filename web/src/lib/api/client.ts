// The API by its own client, which `npm run api` makes of its document. The only way in which a page reaches it.

import { apiOrigin } from '$lib/config';
import { type Options, type Settings, Terrace } from './generated';

/** How long what is large may take, in milliseconds. */
export const SLOW = 120_000;

let changed: NonNullable<Settings['onSession']> = () => undefined;

/** Names who is told of whom the shop takes this browser for. */
export function onSession(listener: typeof changed): void {
	changed = listener;
}

let made: Terrace | undefined;

/** The API as whoever is signed in; it renews their session by itself. */
export function api(): Terrace {
	made ??= new Terrace({
		url: apiOrigin(),
		// A page says at once what is wrong, and offers to try again.
		retries: 0,
		onSession: (tokens, hasEnded) => changed(tokens, hasEnded)
	});
	return made;
}

/** The API without a token or a cookie: it is not told who asks. */
export function publicApi(): Terrace {
	return new Terrace({ url: apiOrigin(), retries: 0 });
}

/** The answer's body and its version, for a later `If-Match`; throws when there is none. */
export async function versioned<T>(
	call: (options: Options) => Promise<T>
): Promise<{ value: T; etag: string }> {
	let etag: string | null = null;
	const value = await call({ onResponse: ({ headers }) => (etag = headers.get('etag')) });
	// `*` would overwrite whatever somebody else has saved meanwhile.
	if (etag === null) throw new Error('The answer does not tell its version.');
	return { value, etag };
}

/** A picture of the catalog. */
export function pictureUrl(path: string): string {
	return apiOrigin() + path;
}
