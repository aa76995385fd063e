// The event stream format (WHATWG HTML §9.2.6), however its bytes are cut.

export interface ServerEvent {
	id: string | undefined;
	data: string;
}

/** How a stream is followed. */
export interface Following {
	signal?: AbortSignal;
	/** Of what was seen before: the events after it come first. */
	lastEventId?: string;
	onOpen?: () => void;
}

/** A stream that is silent for so long is broken: the API sends a comment every 15 seconds. */
const SILENCE_MS = 45_000;

/** The events of a body, until it ends; throws when it breaks. */
export async function* eventsOf(
	body: ReadableStream<Uint8Array>
): AsyncGenerator<ServerEvent, void, undefined> {
	const reader = body.getReader();
	const decoder = new TextDecoder();
	let rest = '';
	let data: string[] = [];
	let id: string | undefined;
	try {
		for (;;) {
			const { done, value } = await unlessSilent(reader.read());
			if (done) return;
			rest += decoder.decode(value, { stream: true });
			// A carriage return at the end may be half of a line's end.
			for (let end; (end = /\r\n|\n|\r(?!$)/.exec(rest)) !== null; ) {
				const line = rest.slice(0, end.index);
				rest = rest.slice(end.index + end[0].length);
				if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
				if (line.startsWith('id:')) id = line.slice(3).replace(/^ /, '');
				if (line !== '' || data.length === 0) continue;
				yield { id, data: data.join('\n') };
				data = [];
			}
		}
	} finally {
		await reader.cancel().catch(() => undefined);
	}
}

async function unlessSilent<T>(reading: Promise<T>): Promise<T> {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const silence = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error('The stream is silent.')), SILENCE_MS);
	});
	try {
		return await Promise.race([reading, silence]);
	} finally {
		clearTimeout(timer);
	}
}
