import { api } from '$lib/api/client';
import type { Product } from '$lib/api/types';
import { recall } from '$lib/recall';

async function popular() {
	return (await api().listProducts({ limit: 100 })).items;
}

async function newest() {
	return (await api().listProducts({ sort: 'newest', limit: 4 })).items;
}

/** The categories, each with a picture of one of its products. */
async function categories(products: Promise<Product[]>) {
	const [{ items }, found] = await Promise.all([api().listCategories(), products.catch(() => [])]);
	return items.map((category) => ({
		...category,
		picture: found.find((product) => product.category === category.id)?.image_url
	}));
}

export function load() {
	// One list serves twice: its top is what is popular, and each category borrows a picture of it.
	const listed = recall('home/popular', popular);
	return {
		popular: listed,
		newest: recall('home/newest', newest),
		categories: recall('home/categories', () => categories(Promise.resolve(listed)))
	};
}
