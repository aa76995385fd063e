// What the browser keeps for the shop. Where site data is blocked even naming the storage throws:
// then it is kept in memory, for as long as the page is open.

export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** The storage that `find` names, or memory where it cannot be used. */
export function guarded(find: () => Storage): Store {
	const memory = new Map<string, string>();
	return {
		getItem(key) {
			try {
				return memory.get(key) ?? find().getItem(key);
			} catch {
				return memory.get(key) ?? null;
			}
		},
		setItem(key, value) {
			memory.delete(key);
			try {
				find().setItem(key, value);
			} catch {
				memory.set(key, value);
			}
		},
		removeItem(key) {
			memory.delete(key);
			try {
				find().removeItem(key);
			} catch {
				// Then it was only in memory.
			}
		}
	};
}

/** Kept for all tabs, and for the next visit. */
export const forAll = guarded(() => localStorage);

/** Kept for this tab, over reloads. */
export const forTab = guarded(() => sessionStorage);

/** Calls `changed` now, and each time another tab may have written what is kept for all under `key`. */
export function follow(key: string, changed: () => void): void {
	addEventListener('storage', (event) => {
		// Nothing is named where all was cleared.
		if (event.key === key || event.key === null) changed();
	});
	// A page that comes back by the browser's own way back was told nothing while it was away.
	addEventListener('pageshow', ({ persisted }) => {
		if (persisted) changed();
	});
	// What was written between reading it first and listening.
	changed();
}
