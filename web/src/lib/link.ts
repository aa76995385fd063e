// The token of a link in a letter. It stands behind the `#`, which browsers send to nobody.

/** Takes the token out of the page's address, so that it stays in no history. */
export function takeToken(): string {
	const token = location.hash.replace(/^#/, '');
	if (token) history.replaceState(history.state, '', location.pathname);
	return token;
}
