// A list that is read page by page.

import { asProblem, type Problem } from '$lib/api/problem';

export interface PageOf<T> {
	items: T[];
	next_cursor?: string | null;
}

export class Pages<T> {
	items = $state<T[]>([]);
	waiting = $state(true);
	problem = $state<Problem | null>(null);
	#next = $state<string | null>(null);
	#turn = 0;

	constructor(private readonly read: (cursor: string | undefined) => Promise<PageOf<T>>) {}

	get more(): boolean {
		return this.#next !== null;
	}

	/** Reads from the start. */
	async load(): Promise<void> {
		await this.#read(undefined);
	}

	/** Reads the next page. */
	async loadMore(): Promise<void> {
		if (!this.waiting && this.#next) await this.#read(this.#next);
	}

	/** Reads again what failed. */
	again = () => this.#read(this.items.length > 0 ? (this.#next ?? undefined) : undefined);

	async #read(cursor: string | undefined): Promise<void> {
		const turn = ++this.#turn;
		this.waiting = true;
		this.problem = null;
		try {
			const page = await this.read(cursor);
			if (turn !== this.#turn) return;
			this.items = cursor ? [...this.items, ...page.items] : page.items;
			this.#next = page.next_cursor ?? null;
		} catch (thrown) {
			if (turn === this.#turn) this.problem = asProblem(thrown);
		}
		if (turn === this.#turn) this.waiting = false;
	}
}
