import { api } from '$lib/api/client';
import { recall } from '$lib/recall';

async function read() {
	return (await api().listCategories()).items;
}

/** The shop's categories; at once for whoever comes back to a page. */
export function categories() {
	return recall('categories', read);
}
