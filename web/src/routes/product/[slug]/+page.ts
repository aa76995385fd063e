import { api } from '$lib/api/client';
import type { Product, ProductDetail } from '$lib/api/types';
import { categories } from '$lib/categories';
import { recall } from '$lib/recall';

async function find(id: string): Promise<ProductDetail> {
	return api().getProduct({ id });
}

async function neighbours(of: ProductDetail | Promise<ProductDetail>): Promise<Product[]> {
	const { id, category } = await of;
	const page = await api().listProducts({ category, in_stock: true, limit: 5 });
	return page.items.filter((other) => other.id !== id).slice(0, 4);
}

export function load({ params }) {
	const product = recall(`product/${params.slug}`, () => find(params.slug));
	// A help, not a part: without it the product is shown all the same.
	const others = recall(`others/${params.slug}`, () => neighbours(product).catch(() => []));
	return { product, others, categories: categories() };
}
