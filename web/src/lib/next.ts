// Where to go after sign-in: a page of this shop, never an address somebody slipped in.

const SHOP = 'http://shop';

export function safeNext(next: string | null): string {
	if (!next?.startsWith('/') || !URL.canParse(next, SHOP)) return '/';
	// As a browser reads it, which passes over tabs and line ends.
	return new URL(next, SHOP).origin === SHOP ? next : '/';
}

export function signInFor(url: URL): string {
	return `/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`;
}
