import { loadConfig } from '$lib/config';
import { start } from '$lib/start.svelte';
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

export const handleError: HandleClientError = ({ error, status, message }) => {
	if (status !== 404) console.error(error);
	return { message: status === 404 ? 'There is nothing here' : message };
};
