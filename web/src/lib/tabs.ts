// The tabs of one browser tell each other what changed.

/** What a tab may have to tell. */
export type News = 'signed-in' | 'signed-out' | 'session-ended' | 'cart';

function open(): BroadcastChannel | undefined {
	try {
		return new BroadcastChannel('terrace');
	} catch {
		// Where site data is blocked, tabs know nothing of each other.
		return undefined;
	}
}

let channel: BroadcastChannel | undefined;

/** Tells the other tabs; this one hears nothing of it. */
export function tell(news: News): void {
	channel ??= open();
	channel?.postMessage(news);
}

/** Listens to the other tabs. */
export function listen(listener: (news: News) => void): void {
	channel ??= open();
	channel?.addEventListener('message', ({ data }) => listener(data as News));
}
