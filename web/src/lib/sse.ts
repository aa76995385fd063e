// Server-sent events over fetch: `EventSource` cannot send a bearer's token.

export interface ServerEvent {
	id: string | undefined;
	event: string;
	data: string;
}

/** Reads the event stream format (WHATWG HTML §9.2.6), however its bytes are cut. */
export class EventParser {
	/** The last id seen, for `Last-Event-ID`. */
	lastId: string | undefined;
	/** In milliseconds, when the server said so. */
	retry: number | undefined;

	#rest = '';
	#data: string[] = [];
	#event = '';

	/** Forgets what a broken connection left unfinished. */
	begin(): void {
		this.#rest = '';
		this.#data = [];
		this.#event = '';
	}

	push(text: string): ServerEvent[] {
		this.#rest += text;
		const events: ServerEvent[] = [];
		for (;;) {
			const end = /\r\n|\n|\r(?!$)/.exec(this.#rest);
			if (!end) return events;
			const line = this.#rest.slice(0, end.index);
			this.#rest = this.#rest.slice(end.index + end[0].length);
			const event = this.#line(line);
			if (event) events.push(event);
		}
	}

	#line(line: string): ServerEvent | undefined {
		if (line === '') return this.#dispatch();
		const colon = line.indexOf(':');
		if (colon === 0) return undefined;
		const field = colon < 0 ? line : line.slice(0, colon);
		const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
		if (field === 'data') this.#data.push(value);
		else if (field === 'event') this.#event = value;
		else if (field === 'id' && !value.includes('\0')) this.lastId = value;
		else if (field === 'retry' && /^\d+$/.test(value)) this.retry = Number(value);
		return undefined;
	}

	#dispatch(): ServerEvent | undefined {
		const data = this.#data;
		const event = this.#event || 'message';
		this.#data = [];
		this.#event = '';
		return data.length > 0 ? { id: this.lastId, event, data: data.join('\n') } : undefined;
	}
}

export interface StreamPorts {
	/** Opens the stream after the event `lastId`. */
	open(lastId: string | undefined, signal: AbortSignal): Promise<Response>;
	/** Waits before the next try; a test need not. */
	wait(ms: number, signal: AbortSignal): Promise<void>;
	/** Whether there is a connection now. */
	connected(is: boolean): void;
	event(event: ServerEvent): void;
}

/**
 * Follows a stream until `signal` says to stop: after every break it goes on where it was, waiting
 * longer each time, up to half a minute. A refusal other than overload ends it.
 */
export async function follow(signal: AbortSignal, ports: StreamPorts): Promise<void> {
	const parser = new EventParser();
	let failures = 0;
	while (!signal.aborted) {
		try {
			const response = await ports.open(parser.lastId, signal);
			if (response.status >= 400 && response.status < 500 && response.status !== 429) return;
			if (response.status === 204) return;
			if (response.ok && response.body) {
				parser.begin();
				ports.connected(true);
				await read(response.body, parser, (event) => {
					failures = 0;
					ports.event(event);
				});
			}
		} catch {
			// A broken connection and a refused one are waited out alike.
		}
		if (signal.aborted) return;
		ports.connected(false);
		const pause = Math.min(30_000, (parser.retry ?? 500) * 2 ** failures);
		failures += 1;
		await ports.wait(pause * (0.75 + Math.random() / 2), signal);
	}
}

async function read(
	body: ReadableStream<Uint8Array>,
	parser: EventParser,
	take: (event: ServerEvent) => void
): Promise<void> {
	const reader = body.getReader();
	const decoder = new TextDecoder();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return;
		for (const event of parser.push(decoder.decode(value, { stream: true }))) take(event);
	}
}
