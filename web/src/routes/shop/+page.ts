import { api } from '$lib/api/client';
import { categories } from '$lib/categories';
import { recall } from '$lib/recall';
import { productQuery, readWishes, shopUrl, type Wishes } from '$lib/shop-query';

async function firstPage(wishes: Wishes) {
	return api().listProducts(productQuery(wishes));
}

export function load({ url }) {
	const wishes = readWishes(url.searchParams);
	return {
		wishes,
		page: recall(shopUrl(wishes), () => firstPage(wishes)),
		categories: categories()
	};
}
