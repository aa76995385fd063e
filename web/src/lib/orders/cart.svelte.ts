// The cart: in the browser until sign-in, then the account's, priced by the shop in both cases.

import { api } from '$lib/api/client';
import { alone } from '$lib/api/generated/alone';
import { asProblem, type Problem } from '$lib/api/problem';
import type { Cart, CartItem, Me, ProductDetail } from '$lib/api/types';
import {
	changeLine,
	countPieces,
	MOST,
	mergeLines,
	readLines,
	type CartLine
} from '$lib/orders/cart';
import { sum, times, type Money } from '$lib/money';
import { session } from '$lib/session.svelte';
import { forAll } from '$lib/storage';
import { Tabs } from '$lib/tabs';

const KEPT = 'terrace.cart';

const tabs = new Tabs<'changed'>('cart');

/** How a product looks in a cart. */
type Look = Pick<ProductDetail, 'slug' | 'image_url' | 'images' | 'stock'>;

/** What a visitor sees of a cart; shipping and tax are known once it is an account's. */
export interface CartView {
	items: (CartItem & Partial<Look>)[];
	subtotal: Money;
	shipping?: Money;
	tax?: Money;
	total?: Money;
}

class ShoppingCart {
	/** Pieces in the cart, for the header. */
	count = $state(0);
	/** As the shop answered last, with the quantities that are on their way to it. */
	view = $state<CartView | null>(null);
	problem = $state<Problem | null>(null);
	/** How products look; `null` for what is asked for, or cannot be found. */
	#looks = new Map<string, Look | null>();
	/** As the shop answered last. */
	#answered: CartView | null = null;
	/** Quantities of which the shop has not said yet that it took them. */
	#wanted = new Map<string, number>();
	/** Writes that have not begun: they take the quantity that is wanted when they do. */
	#waiting = new Map<string, Promise<void>>();
	#tail: Promise<void> = Promise.resolve();
	/** Counts who was signed in: what was asked for somebody else is dropped. */
	#visit = 0;

	start(): void {
		this.count = countPieces(this.#kept());
		session.onChange((user) => void this.#userChanged(user));
		let missed = false;
		tabs.listen(() => {
			if (document.hidden) missed = true;
			else void this.load();
		});
		// A tab that nobody looks at asks when somebody does.
		addEventListener('visibilitychange', () => {
			if (document.hidden || !missed) return;
			missed = false;
			void this.load();
		});
	}

	/** Asks the shop what is in the cart and what it costs. */
	async load(): Promise<void> {
		await session.start();
		const visit = this.#visit;
		try {
			await this.#inTurn(async () => this.#show(await this.#read(), visit));
		} catch (thrown) {
			this.problem = asProblem(thrown);
		}
	}

	/** Asks once more for what could not be read: whose cart it is, too. */
	async again(): Promise<void> {
		if (session.problem) await session.again();
		await this.load();
	}

	/** The shop took what was in the cart, e.g. into an order. */
	async taken(): Promise<void> {
		tabs.tell('changed');
		await this.load();
	}

	/** Puts some more pieces into the cart; throws the problem. */
	async add(product_id: string, quantity: number): Promise<void> {
		await session.start();
		if (!session.user) {
			const there = this.#kept().find((line) => line.product_id === product_id)?.quantity ?? 0;
			return this.#keep(changeLine(this.#kept(), product_id, there + quantity));
		}
		// The shop takes how many there shall be, and another tab may have put some in.
		await this.load();
		if (this.problem) throw this.problem;
		if (!this.view) return this.add(product_id, quantity);
		const there = this.view.items.find((item) => item.product_id === product_id)?.quantity ?? 0;
		await this.set(product_id, there + quantity);
	}

	/**
	 * Sets how many pieces of a product are in the cart, none to remove it; throws the problem. The
	 * quantity is shown at once, and goes back to what the shop has when it is refused.
	 */
	async set(product_id: string, quantity: number): Promise<void> {
		await session.start();
		const wanted = Math.min(MOST, Math.max(0, quantity));
		if (!session.user) this.#keep(changeLine(this.#kept(), product_id, wanted));
		this.#wanted.set(product_id, wanted);
		this.#draw();
		let write = this.#waiting.get(product_id);
		if (!write) {
			write = this.#inTurn(() => this.#write(product_id));
			this.#waiting.set(product_id, write);
		}
		await write;
	}

	async #write(product_id: string): Promise<void> {
		const visit = this.#visit;
		const quantity = this.#wanted.get(product_id);
		this.#waiting.delete(product_id);
		if (quantity === undefined) return;
		let view: Cart | CartView | undefined;
		try {
			view = await this.#tell(product_id, quantity);
			if (session.user) tabs.tell('changed');
		} catch (thrown) {
			// Whether it was refused or got lost: only the shop knows what is in the cart now.
			view = await this.#read().catch(() => undefined);
			throw thrown;
		} finally {
			if (visit === this.#visit && !this.#waiting.has(product_id)) this.#wanted.delete(product_id);
			this.#show(view ?? this.#answered, visit);
		}
	}

	/** Tells the shop a quantity; answers the cart. What the browser keeps is kept already. */
	async #tell(product_id: string, quantity: number): Promise<Cart | CartView> {
		if (!session.user) return this.#priceKept();
		if (quantity > 0) {
			return api().setCartItem({ product_id, body: { quantity } });
		}
		await api().removeCartItem({ product_id });
		return this.#read();
	}

	async #read(): Promise<Cart | CartView> {
		// Somebody has an account, and nobody knows what is in its cart: that is no empty one.
		if (session.problem) throw session.problem;
		return session.user ? api().getCart() : this.#priceKept();
	}

	/**
	 * Reads and writes go one after the other, so that no late answer hides a newer one. Those of
	 * somebody who is not signed in any more do not go at all, and their faults are nobody's.
	 */
	#inTurn(work: () => Promise<void>): Promise<void> {
		const visit = this.#visit;
		const run = this.#tail.then(async () => {
			try {
				if (visit === this.#visit) await work();
			} catch (thrown) {
				if (visit === this.#visit) throw thrown;
			}
		});
		this.#tail = run.catch(() => undefined);
		return run;
	}

	async #userChanged(user: Me | null): Promise<void> {
		this.#visit += 1;
		this.#tail = Promise.resolve();
		this.#wanted.clear();
		this.#waiting.clear();
		this.#answered = null;
		this.view = null;
		this.problem = null;
		this.count = user ? 0 : countPieces(this.#kept());
		if (user)
			void this.#inTurn(() => alone('terrace.merge', () => this.#merge())).catch(() => null);
		await this.load();
	}

	/** Moves what the browser kept into the account's cart, line by line. */
	async #merge(): Promise<void> {
		if (this.#kept().length === 0) return;
		const account = await api().getCart();
		const merged = mergeLines(account.items, this.#kept());
		for (const { product_id } of this.#kept()) {
			const line = merged.find((line) => line.product_id === product_id);
			try {
				if (line) {
					const body = { quantity: line.quantity };
					await api().setCartItem({ product_id, body });
				}
			} catch (thrown) {
				// What is not sold any more would stand in the way for ever.
				if (![404, 409, 422].includes(asProblem(thrown).status)) throw thrown;
			}
			this.#keep(changeLine(this.#kept(), product_id, 0));
		}
	}

	async #priceKept(): Promise<CartView> {
		const found = await Promise.all(
			this.#kept().map(async ({ product_id, quantity }) => {
				try {
					const product = await api().getProduct({ id: product_id });
					const { name, slug, image_url, images, price: unit_price, stock } = product;
					const line_total = times(unit_price, quantity);
					const available = stock >= quantity;
					return {
						product_id,
						name,
						slug,
						image_url,
						stock,
						images,
						unit_price,
						quantity,
						line_total,
						available
					};
				} catch (thrown) {
					if (asProblem(thrown).status === 404) return undefined;
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
				// A picture is a help: without it the line is bought all the same.
				const product = await api()
					.getProduct({ id: product_id })
					.catch(() => null);
				if (!product) return;
				const { slug, image_url, images, stock } = product;
				const look = { slug, image_url, images, stock };
				this.#looks.set(product_id, look);
				const line = this.view?.items.find((item) => item.product_id === product_id);
				if (line) Object.assign(line, look);
			})
		);
	}

	#show(view: Cart | CartView | null, visit: number): void {
		if (visit !== this.#visit || !view) return;
		this.#answered = view;
		this.problem = null;
		this.#draw();
	}

	#draw(): void {
		if (!this.#answered) return;
		const items = this.#answered.items.map((item) => {
			// What is to be removed stands until it is.
			const quantity = this.#wanted.get(item.product_id) || item.quantity;
			return { ...item, ...this.#looks.get(item.product_id), quantity };
		});
		this.view = { ...this.#answered, items };
		this.count = countPieces(items);
	}

	#kept(): CartLine[] {
		return readLines(forAll.getItem(KEPT));
	}

	#keep(lines: CartLine[]): void {
		if (lines.length > 0) forAll.setItem(KEPT, JSON.stringify(lines));
		else forAll.removeItem(KEPT);
		tabs.tell('changed');
		if (!session.user) this.count = countPieces(lines);
	}
}

export const cart = new ShoppingCart();
