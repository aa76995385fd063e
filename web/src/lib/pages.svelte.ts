// A list that is read page by page, and is as long as it was for whoever comes back to it.

import { asProblem, type Problem } from '$lib/api/problem';
import { recalled, remember } from '$lib/recall';

export interface PageOf<T> {
	items: T[];
	next_cursor?: string | null;
}

export class Pages<T> {
	items = $state<T[]>([]);
	waiting = $state(true);
	problem = $state<Problem | null>(null);
	#next = $state<string | null>(null);
	/** What was asked for last. */
	#asked: string | undefined;
	#latest = 0;

	/** `key` tells the list's address: what was shown there is shown on the way back. */
	constructor(
		private readonly read: (cursor: string | undefined) => Promise<PageOf<T>>,
		private readonly key?: () => string
	) {}

	get more(): boolean {
		return this.#next !== null;
	}

	/** Reads from the start; what is shown stays until then. */
	async load(): Promise<void> {
		await this.#read(undefined);
	}

	/** Reads the answer to another question: nothing of what is shown belongs to it. */
	async restart(): Promise<void> {
		const before = this.key && recalled<PageOf<T>>(this.key());
		this.items = before?.items ?? [];
		this.#next = before?.next_cursor ?? null;
		if (before) return this.#renew();
		await this.load();
	}

	/** Reads the next page. */
	async loadMore(): Promise<void> {
		if (!this.waiting && this.#next) await this.#read(this.#next);
	}

	/** Reads again what failed. */
	again = () => this.#read(this.#asked);

	/** Reads again as much as is shown, behind it; should that fail, it stays as it was. */
	async #renew(): Promise<void> {
		const request = ++this.#latest;
		this.waiting = false;
		this.problem = null;
		const many = this.items.length;
		let items: T[] = [];
		let next: string | undefined;
		try {
			do {
				const page = await this.read(next);
				items = [...items, ...page.items];
				next = page.next_cursor ?? undefined;
			} while (next && items.length < many);
		} catch {
			return;
		}
		if (request === this.#latest) this.#show(items, next ?? null);
	}

	#show(items: T[], next: string | null): void {
		this.items = items;
		this.#next = next;
		if (this.key) remember(this.key(), { items: $state.snapshot(items), next_cursor: next });
	}

	async #read(cursor: string | undefined): Promise<void> {
		const request = ++this.#latest;
		this.#asked = cursor;
		this.waiting = true;
		this.problem = null;
		try {
			const page = await this.read(cursor);
			if (request !== this.#latest) return;
			const items = cursor ? [...this.items, ...page.items] : page.items;
			this.#show(items, page.next_cursor ?? null);
		} catch (thrown) {
			if (request === this.#latest) this.problem = asProblem(thrown);
		}
		if (request === this.#latest) this.waiting = false;
	}
}
