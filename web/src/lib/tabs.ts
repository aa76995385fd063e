// The tabs of one browser tell each other what changed.

/** One subject that tabs tell each other of. */
export class Tabs<News extends string> {
	readonly #subject: string;
	#channel: BroadcastChannel | undefined;

	constructor(subject: string) {
		this.#subject = subject;
	}

	/** Tells the other tabs; this one hears nothing of it. */
	tell(news: News): void {
		this.#open()?.postMessage(news);
	}

	/** Listens to the other tabs. */
	listen(listener: (news: News) => void): void {
		this.#open()?.addEventListener('message', ({ data }) => listener(data as News));
	}

	#open(): BroadcastChannel | undefined {
		try {
			this.#channel ??= new BroadcastChannel(`terrace.${this.#subject}`);
		} catch {
			// Where site data is blocked, tabs know nothing of each other.
		}
		return this.#channel;
	}
}
