// Where to go after sign-in: a page of this shop, never an address somebody slipped in.

export function safeNext(next: string | null): string {
	return next && /^\/(?![/\\])/.test(next) ? next : '/';
}

export function signInFor(url: URL): string {
	return `/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`;
}
