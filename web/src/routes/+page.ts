import { answer, api } from '$lib/api/client';
import { later } from '$lib/later';

async function popular() {
	return (await answer(api().GET('/v1/products', { params: { query: { limit: 100 } } }))).items;
}

async function newest() {
	const query = { sort: 'newest', limit: 4 } as const;
	return (await answer(api().GET('/v1/products', { params: { query } }))).items;
}

async function categories() {
	return (await answer(api().GET('/v1/categories'))).items;
}

export function load() {
	// One list serves twice: its top is what is popular, and each category borrows a picture of it.
	return { popular: later(popular()), newest: later(newest()), categories: later(categories()) };
}
