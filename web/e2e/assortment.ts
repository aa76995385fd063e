// What the tests buy, filter by and change. The shop is asked for it, so that they pass whatever it sells.
import type { FullConfig } from '@playwright/test';
import { staff } from './people';

export interface Product {
	id: string;
	slug: string;
	name: string;
}

interface Assortment {
	api: string;
	bought: Product;
	other: Product;
	category: { id: string; name: string };
	/** In whole dollars: what half of that category's products cost at most. */
	price: number;
}

type Listed = Product & { price: { amount: number }; in_stock: boolean };
type Counted = Assortment['category'] & { product_count: number };

/** More than two pages of the list. */
const ENOUGH = 49;

/** Before all tests: products for two pages, and enough of what is bought, however often a shop is tested. */
export default async function prepare({ projects }: FullConfig): Promise<void> {
	const site = projects[0]?.use.baseURL ?? '';
	const { api } = await ask<{ api: string }>(new URL('/config.json', site));
	const from = (path: string) => new URL(path, api);
	const found = await ask<{ items: Counted[] }>(from('/v1/categories'));
	const categories = found.items
		.filter(({ product_count }) => product_count > 0)
		.sort((a, b) => a.product_count - b.product_count);
	// The one to filter by stays within a page; what is missing goes to another.
	const [category, largest] = [categories[0], categories.at(-1)];
	if (!category || !largest) throw new Error('the shop sells nothing');
	const there = categories.reduce((sum, { product_count }) => sum + product_count, 0);
	for (let missing = ENOUGH - there; missing > 0; missing -= 1) await addTo(api, largest.id, 5);

	const list = (query: string) => ask<{ items: Listed[] }>(from(`/v1/products?${query}`));
	const prices = (await list(`category=${category.id}&limit=100&sort=price`)).items;
	const middle = prices[Math.floor((prices.length - 1) / 2)]?.price.amount ?? 0;
	const [bought, other] = (await list('in_stock=true&limit=2')).items;
	if (!bought || !other) throw new Error('the shop has two products in stock at least');
	for (const { id } of [bought, other]) await stockUp(api, id);
	const assortment: Assortment = { api, bought, other, category, price: Math.ceil(middle / 100) };
	process.env.SHOP_ASSORTMENT = JSON.stringify(assortment);
}

/** What [`prepare`] found. */
export function assortment(): Assortment {
	return JSON.parse(process.env.SHOP_ASSORTMENT ?? '{}') as Assortment;
}

/** Staff change a price, in cents. */
export async function setPrice({ id }: Product, amount: number): Promise<void> {
	const { api } = assortment();
	const request = await asStaff(api, 'PATCH', { price: { amount, currency: 'USD' } });
	await ask(new URL(`/v1/products/${id}`, api), request);
}

/** Staff say how many pieces there are. */
export function setStock({ id }: Product, stock: number): Promise<void> {
	return stockUp(assortment().api, id, stock);
}

/** A new product of the test's own, with so many pieces. */
export function addProduct(stock: number, name?: string): Promise<Product> {
	const { api, category } = assortment();
	return addTo(api, category.id, stock, name);
}

async function addTo(
	api: string,
	category: string,
	stock: number,
	name = `Testing ${crypto.randomUUID().slice(0, 8)}`
): Promise<Product> {
	const body = {
		name,
		summary: 'Something to test with.',
		category,
		price: { amount: 1250, currency: 'USD' },
		stock
	};
	return ask<Product>(new URL('/v1/products', api), await asStaff(api, 'POST', body));
}

async function stockUp(api: string, id: string, stock = 500): Promise<void> {
	const request = await asStaff(api, 'PUT', { stock });
	await ask(new URL(`/v1/products/${id}/stock`, api), request);
}

let token: Promise<string> | undefined;

async function asStaff(api: string, method: string, body: unknown): Promise<RequestInit> {
	const json = { 'content-type': 'application/json' };
	token ??= ask<{ access_token: string }>(new URL('/v1/sessions', api), {
		method: 'POST',
		headers: json,
		body: JSON.stringify(staff())
	}).then(({ access_token }) => access_token);
	const headers = { ...json, authorization: `Bearer ${await token}`, 'if-match': '*' };
	return { method, headers, body: JSON.stringify(body) };
}

async function ask<T>(input: URL, init?: RequestInit): Promise<T> {
	const response = await fetch(input, init);
	if (!response.ok) throw new Error(`${input.href} answers ${String(response.status)}`);
	return (await response.json()) as T;
}
