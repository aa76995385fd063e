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
	/** What was asked for last. */
	#asked: string | undefined;
	#latest = 0;

	constructor(private readonly read: (cursor: string | undefined) => Promise<PageOf<T>>) {}

	get more(): boolean {
		return this.#next !== null;
	}

	/** Reads from the start; what is shown stays until then. */
	async load(): Promise<void> {
		await this.#read(undefined);
	}

	/** Reads the answer to another question: nothing of what is shown belongs to it. */
	async restart(): Promise<void> {
		this.items = [];
		this.#next = null;
		await this.load();
	}

	/** Reads the next page. */
	async loadMore(): Promise<void> {
		if (!this.waiting && this.#next) await this.#read(this.#next);
	}

	/** Reads again what failed. */
	again = () => this.#read(this.#asked);

	async #read(cursor: string | undefined): Promise<void> {
		const request = ++this.#latest;
		this.#asked = cursor;
		this.waiting = true;
		this.problem = null;
		try {
			const page = await this.read(cursor);
			if (request !== this.#latest) return;
			this.items = cursor ? [...this.items, ...page.items] : page.items;
			this.#next = page.next_cursor ?? null;
		} catch (thrown) {
			if (request === this.#latest) this.problem = asProblem(thrown);
		}
		if (request === this.#latest) this.waiting = false;
	}
}
