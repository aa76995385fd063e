// What a visitor looks for, as it stands in the page's address and as the API is asked.

import type { ProductQuery, Sort } from '$lib/api/types';
import { fromDecimal } from '$lib/money';

export const SORTS: { value: Sort; name: string }[] = [
	{ value: 'relevance', name: 'Best match' },
	{ value: 'newest', name: 'Newest' },
	{ value: 'price', name: 'Price, low to high' },
	{ value: '-price', name: 'Price, high to low' },
	{ value: 'name', name: 'Name' }
];

/** The fields of the filter form, as typed. */
export interface Wishes {
	q: string;
	category: string;
	min: string;
	max: string;
	in_stock: boolean;
	sort: Sort;
}

export function readWishes(params: URLSearchParams): Wishes {
	const sort = SORTS.find(({ value }) => value === params.get('sort'))?.value ?? 'relevance';
	return {
		q: params.get('q')?.trim() ?? '',
		category: params.get('category') ?? '',
		min: params.get('min') ?? '',
		max: params.get('max') ?? '',
		in_stock: params.get('in_stock') === '1',
		sort
	};
}

/** The page's address; what is not wished for is not in it. */
export function shopUrl(wishes: Partial<Wishes>): string {
	const params = new URLSearchParams();
	if (wishes.q) params.set('q', wishes.q);
	if (wishes.category) params.set('category', wishes.category);
	if (wishes.min) params.set('min', wishes.min);
	if (wishes.max) params.set('max', wishes.max);
	if (wishes.in_stock) params.set('in_stock', '1');
	if (wishes.sort && wishes.sort !== 'relevance') params.set('sort', wishes.sort);
	const query = params.toString();
	return query ? `/shop?${query}` : '/shop';
}

/** The API's question; a price that is none is not asked for. */
export function productQuery(wishes: Wishes): ProductQuery {
	const query: ProductQuery = { sort: wishes.sort };
	if (wishes.q) query.q = wishes.q.slice(0, 200);
	if (wishes.category) query.category = wishes.category;
	const min = fromDecimal(wishes.min);
	const max = fromDecimal(wishes.max);
	if (min !== undefined) query.min_price = min;
	if (max !== undefined) query.max_price = max;
	if (wishes.in_stock) query.in_stock = true;
	return query;
}
