import { api } from '$lib/api/client';
import { categories } from '$lib/categories';
import { recall } from '$lib/recall';
import { facetsQuery, productQuery, readWishes, shopUrl, type Wishes } from '$lib/shop-query';

async function firstPage(wishes: Wishes) {
	return api().listProducts(productQuery(wishes));
}

async function facets(wishes: Wishes) {
	return api().listFacets(facetsQuery(wishes));
}

export function load({ url }) {
	const wishes = readWishes(url.searchParams);
	return {
		wishes,
		page: recall(shopUrl(wishes), () => firstPage(wishes)),
		categories: categories(),
		facets: recall(`facets${shopUrl({ ...wishes, sort: 'relevance' })}`, () => facets(wishes))
	};
}
