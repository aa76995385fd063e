import { loadConfig } from '$lib/config';
import { start } from '$lib/start.svelte';
import { words } from '$lib/words';
import type { HandleClientError } from '@sveltejs/kit';

/** Runs before the first page: no page can do without the API's address. */
export async function init(): Promise<void> {
	try {
		await loadConfig();
		start.shop();
	} catch (fault) {
		start.fail(fault);
	}
}

export const handleError: HandleClientError = ({ error, status }) => {
	if (status === 404) return { message: words('not-found', 404).title };
	console.error(error);
	return { message: words('page', 0).title };
};
