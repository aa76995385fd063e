// The cart: in the browser until sign-in, then the account's, priced by the shop in both cases.

import { answer, api } from '$lib/api/client';
import { asProblem, Problem } from '$lib/api/problem';
import type { Cart, CartItem, Me } from '$lib/api/types';
import { changeLine, countPieces, MOST, mergeLines, readLines, type CartLine } from '$lib/cart';
import { sum, times, type Money } from '$lib/money';
import { alone, session } from '$lib/session.svelte';

const KEPT = 'terrace.cart';

/** What a visitor sees of a cart; shipping and tax are known once it is an account's. */
export interface CartView {
	items: (CartItem & { slug?: string; image_url?: string })[];
	subtotal: Money;
	shipping?: Money;
	tax?: Money;
	total?: Money;
}

class ShoppingCart {
	/** Pieces in the cart, for the header. */
	count = $state(0);
	view = $state<CartView | null>(null);
	problem = $state<Problem | null>(null);
	/** How products look; `null` for what is asked for, or cannot be told. */
	#looks = new Map<string, Pick<CartView['items'][number], 'slug' | 'image_url'> | null>();

	start(): void {
		this.count = countPieces(this.#kept());
		session.onChange((user) => void this.#userChanged(user));
		addEventListener('storage', ({ key }) => {
			if (key === KEPT && !session.user) void this.load();
		});
	}

	/** Asks the shop what is in the cart and what it costs. */
	async load(): Promise<void> {
		try {
			await session.start();
			if (session.user) this.#show(await answer(api().GET('/v1/cart')));
			else this.#show(await this.#priceKept());
			this.problem = null;
		} catch (thrown) {
			this.problem = asProblem(thrown);
		}
	}

	/** Puts some more pieces into the cart; throws the problem. */
	async add(product_id: string, quantity: number): Promise<void> {
		await session.start();
		if (!session.user) {
			const there = this.#kept().find((line) => line.product_id === product_id)?.quantity ?? 0;
			return this.#keep(changeLine(this.#kept(), product_id, there + quantity));
		}
		if (!this.view || this.problem) await this.load();
		const there = this.view?.items.find((item) => item.product_id === product_id)?.quantity ?? 0;
		await this.set(product_id, there + quantity);
	}

	/** Sets how many pieces of a product are in the cart, none to remove it; throws the problem. */
	async set(product_id: string, quantity: number): Promise<void> {
		await session.start();
		if (!session.user) {
			this.#keep(changeLine(this.#kept(), product_id, quantity));
			return this.load();
		}
		const path = { product_id };
		if (quantity < 1) {
			await answer(api().DELETE('/v1/cart/items/{product_id}', { params: { path } }));
			await this.load();
		} else {
			const body = { quantity: Math.min(MOST, quantity) };
			const call = api().PUT('/v1/cart/items/{product_id}', { params: { path }, body });
			this.#show(await answer(call));
			this.problem = null;
		}
	}

	async #userChanged(user: Me | null): Promise<void> {
		this.view = null;
		this.count = user ? 0 : countPieces(this.#kept());
		if (user) await alone('terrace.merge', () => this.#merge()).catch(() => undefined);
		await this.load();
	}

	/** Moves what the browser kept into the account's cart, line by line. */
	async #merge(): Promise<void> {
		if (this.#kept().length === 0) return;
		const account = await answer(api().GET('/v1/cart'));
		const merged = mergeLines(account.items, this.#kept());
		for (const { product_id } of this.#kept()) {
			const line = merged.find((line) => line.product_id === product_id);
			try {
				if (line) {
					const params = { path: { product_id } };
					const body = { quantity: line.quantity };
					await answer(api().PUT('/v1/cart/items/{product_id}', { params, body }));
				}
			} catch (thrown) {
				// What is not sold any more would stand in the way for ever.
				if (!(thrown instanceof Problem && [404, 409, 422].includes(thrown.status))) throw thrown;
			}
			this.#keep(changeLine(this.#kept(), product_id, 0));
		}
	}

	async #priceKept(): Promise<CartView> {
		const found = await Promise.all(
			this.#kept().map(async ({ product_id, quantity }) => {
				const params = { path: { id: product_id } };
				try {
					const product = await answer(api().GET('/v1/products/{id}', { params }));
					const { name, slug, image_url, price: unit_price, stock } = product;
					const line_total = times(unit_price, quantity);
					const available = stock >= quantity;
					return { product_id, name, slug, image_url, unit_price, quantity, line_total, available };
				} catch (thrown) {
					if (thrown instanceof Problem && thrown.status === 404) return undefined;
					throw thrown;
				}
			})
		);
		const items = found.filter((item) => item !== undefined);
		if (items.length < found.length) {
			this.#keep(
				this.#kept().filter((line) => items.some((item) => item.product_id === line.product_id))
			);
		}
		const subtotal = sum(items.map((item) => item.line_total)) ?? { amount: 0, currency: 'USD' };
		return { items, subtotal };
	}

	/** Fetches how the products look: the account's cart has names and prices alone. */
	async paint(): Promise<void> {
		const plain = this.view?.items.filter(
			({ image_url, product_id }) => !image_url && !this.#looks.has(product_id)
		);
		await Promise.all(
			(plain ?? []).map(async ({ product_id }) => {
				this.#looks.set(product_id, null);
				const params = { path: { id: product_id } };
				// A picture is a help: without it the line is bought all the same.
				const product = await answer(api().GET('/v1/products/{id}', { params })).catch(() => null);
				if (!product) return;
				const look = { slug: product.slug, image_url: product.image_url };
				this.#looks.set(product_id, look);
				const line = this.view?.items.find((item) => item.product_id === product_id);
				if (line) Object.assign(line, look);
			})
		);
	}

	#show(view: Cart | CartView): void {
		const items = view.items.map((item) => ({ ...item, ...this.#looks.get(item.product_id) }));
		this.view = { ...view, items };
		this.count = countPieces(items);
	}

	#kept(): CartLine[] {
		return readLines(localStorage.getItem(KEPT));
	}

	#keep(lines: CartLine[]): void {
		if (lines.length > 0) localStorage.setItem(KEPT, JSON.stringify(lines));
		else localStorage.removeItem(KEPT);
		if (!session.user) this.count = countPieces(lines);
	}
}

export const cart = new ShoppingCart();
