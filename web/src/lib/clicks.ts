// What people look at, told to the shop without who they are: pages by the template of their path, products, searches.
// The visit's name is random and kept nowhere: it ends when the tab is loaded anew. Nothing is collected of whoever
// wants none of it.

import { publicApi } from '$lib/api/client';
import type { SeenByTab } from '$lib/api/types';
import { newKey } from '$lib/key';
import { privacy } from '$lib/privacy.svelte';

/** How long clicks are collected, in milliseconds. */
const COLLECT = 5_000;

/** How many of a kind one call takes. */
const MOST = 50;

/** The longest time ago that the shop believes, in milliseconds. */
const LONGEST = 3_600_000;

/** What a search takes, in characters. */
const MAX_WORDS = 200;

interface At {
	at: number;
}

/** What the clicks need of the page around them. */
interface Around {
	allowed: () => boolean;
	now: () => number;
	random: () => string;
	tell: (seen: SeenByTab) => Promise<unknown>;
}

export class Clicks {
	#around: Around;
	#visit: string | undefined;
	#pages: ({ page: string } & At)[] = [];
	#products: ({ product_id: string } & At)[] = [];
	#searches: ({ words: string; found: number } & At)[] = [];
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(around: Around) {
		this.#around = around;
	}

	/** A page, by the id of its route. What the staff do is no matter of this. */
	page(route: string | null | undefined): void {
		if (route && !route.startsWith('/staff')) this.#add(this.#pages, { page: route });
	}

	product(product_id: string): void {
		this.#add(this.#products, { product_id });
	}

	/** A search, and how many products its first page has. */
	search(words: string, found: number): void {
		const whole = Array.from(words).slice(0, MAX_WORDS).join('');
		this.#add(this.#searches, { words: whole, found });
	}

	/** Tells what has been collected. Nobody waits for it, and nothing comes of it when the shop does not answer. */
	tell(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const [pages, products, searches] = [this.#pages, this.#products, this.#searches];
		[this.#pages, this.#products, this.#searches] = [[], [], []];
		if (!this.#around.allowed() || pages.length + products.length + searches.length === 0) return;
		const now = this.#around.now();
		const ago = <T extends At>({ at, ...seen }: T) => ({
			...seen,
			ago_ms: Math.min(Math.max(Math.round(now - at), 0), LONGEST)
		});
		this.#visit ??= this.#around.random();
		const told = this.#around.tell({
			visit: this.#visit,
			pages: pages.map(ago),
			products: products.map(ago),
			searches: searches.map(ago)
		});
		told.catch(() => undefined);
	}

	#add<T>(kind: (T & At)[], seen: T): void {
		if (!this.#around.allowed()) return;
		kind.push({ ...seen, at: this.#around.now() });
		if (kind.length >= MOST) this.tell();
		else this.#timer ??= setTimeout(() => this.tell(), COLLECT);
	}
}

export const clicks = new Clicks({
	allowed: () => privacy.counted,
	now: () => performance.now(),
	random: () => newKey().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
	tell: async (body) => publicApi().recordClicks({ body }, { keepalive: true })
});

/** A tab that is left may never come back. */
export function tellAtTheEnd(): void {
	addEventListener('visibilitychange', () => {
		if (document.visibilityState === 'hidden') clicks.tell();
	});
}
