import { answer, api } from '$lib/api/client';
import { later } from '$lib/later';
import { productQuery, readWishes, type Wishes } from '$lib/shop-query';

async function firstPage(wishes: Wishes) {
	return answer(api().GET('/v1/products', { params: { query: productQuery(wishes) } }));
}

async function categories() {
	return (await answer(api().GET('/v1/categories'))).items;
}

export function load({ url }) {
	const wishes = readWishes(url.searchParams);
	return { wishes, page: later(firstPage(wishes)), categories: later(categories()) };
}
