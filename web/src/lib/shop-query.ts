// What a visitor looks for, as it stands in the page's address and as the API is asked.

import type { PriceFacet, ProductQuery, Sort } from '$lib/api/types';
import { fromDecimal, toDecimal } from '$lib/money';

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

/** The API's question for how many products of each kind there are: whatever their order. */
export function facetsQuery(wishes: Wishes): Omit<ProductQuery, 'sort'> {
	const { sort, ...query } = productQuery(wishes);
	void sort;
	return query;
}

/** What a shopper reads of a list's length: `total` is what the shop counted a moment ago, where it did. */
export function listLength(shown: number, goesOn: boolean, total: number | undefined): string {
	if (goesOn && total !== undefined && total > shown) return `${shown} of ${total} products`;
	if (goesOn) return `${shown}+ products`;
	return shown === 1 ? '1 product' : `${shown} products`;
}

/** A price band as it is wished for: in dollars, the cents only where there are some. */
export function bandWishes(band: PriceFacet): Pick<Wishes, 'min' | 'max'> {
	const dollars = (cents: number | null | undefined) =>
		typeof cents === 'number' ? toDecimal(cents).replace(/\.00$/, '') : '';
	return { min: dollars(band.min_price), max: dollars(band.max_price) };
}

/** What a shopper reads of a price band. */
export function bandName(band: PriceFacet): string {
	const { min, max } = bandWishes(band);
	const above = bandWishes({ ...band, max_price: (band.max_price ?? 0) + 1 }).max;
	if (!min) return `Under $${above}`;
	return max ? `$${min} to $${max}` : `$${min} and more`;
}

/** Whether these are the prices that are wished for. */
export function isBandWished(band: PriceFacet, wishes: Wishes): boolean {
	const [min, max] = [fromDecimal(wishes.min), fromDecimal(wishes.max)];
	return min === (band.min_price ?? undefined) && max === (band.max_price ?? undefined);
}
