import { expect, it } from 'vitest';
import { eventsOf, type ServerEvent } from './generated/events';

it('reads the event stream format however its bytes are cut', async () => {
	const text =
		': ping\nid: 7\nevent: status\ndata: {"ä":\ndata: 1}\nother: 1\n\n: ping\n\ndata:x\r\n\r\ndata: hal';
	const bytes = new TextEncoder().encode(text);
	for (let size = 1; size <= bytes.length; size += 1) {
		const body = new ReadableStream<Uint8Array>({
			start(stream) {
				for (let at = 0; at < bytes.length; at += size) {
					stream.enqueue(bytes.slice(at, at + size));
				}
				stream.close();
			}
		});
		const events: ServerEvent[] = [];
		for await (const event of eventsOf(body)) events.push(event);
		expect(events, `cut at every ${size}`).toEqual([
			{ id: '7', data: '{"ä":\n1}' },
			{ id: '7', data: 'x' }
		]);
	}
});
