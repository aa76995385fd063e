// What only one of a browser's tabs does at a time.

/** Runs `work` while no other tab runs work of this name, where there are tabs and the browser can tell. */
export async function alone<R>(name: string, work: () => Promise<R>): Promise<R> {
	if (!('document' in globalThis)) return work();
	let begun = false;
	const once = () => {
		begun = true;
		return work();
	};
	try {
		// Web Locks need a secure context, and site data that is not blocked.
		return await navigator.locks.request(name, once);
	} catch (thrown) {
		if (begun) throw thrown;
		return work();
	}
}
