// On the way back a page is drawn at once from what it showed, so that it keeps its place: what the
// browser's own cache does for pages that are loaded whole.

/** As long as browsers keep a page that was left, in milliseconds. */
const TTL = 10 * 60_000;

/** How many answers are kept. */
const MOST = 60;

const kept = new Map<string, { value: unknown; at: number }>();

let back = false;

/** Tells whether the page that is entered now was there before: by Back or Forward. */
export function goingBack(is: boolean): void {
	back = is;
}

/** Keeps what a page shows under its address. */
export function remember(key: string, value: unknown): void {
	kept.delete(key);
	kept.set(key, { value, at: Date.now() });
	const [oldest] = kept.keys();
	if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
}

/** What the page showed, on the way back to it. */
export function recalled<T>(key: string): T | undefined {
	const found = back ? kept.get(key) : undefined;
	return found && Date.now() - found.at < TTL ? (found.value as T) : undefined;
}

/**
 * What the page showed, on the way back to it; else what is asked for now. A page waits for that by
 * itself and shows its failure; what was only preloaded may fail without a page.
 */
export function recall<T>(key: string, ask: () => Promise<T>): T | Promise<T> {
	const found = recalled<T>(key);
	if (found !== undefined) return found;
	const asked = ask();
	asked.then(
		(value) => remember(key, value),
		() => undefined
	);
	return asked;
}

/** Forgets everything: what one shopper saw is nothing for the next. */
export function forgetAll(): void {
	kept.clear();
}
