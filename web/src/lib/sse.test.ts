import { describe, expect, it } from 'vitest';
import { EventParser, follow, type ServerEvent } from './sse';

describe('the event stream format', () => {
	it('is read however the bytes are cut', () => {
		const text = 'id: 7\nevent: status\ndata: {"a":\ndata: 1}\n\n: ping\n\ndata: x\r\n\r\n';
		for (let size = 1; size <= text.length; size += 1) {
			const parser = new EventParser();
			const events: ServerEvent[] = [];
			for (let at = 0; at < text.length; at += size) {
				events.push(...parser.push(text.slice(at, at + size)));
			}
			expect(events, `cut at every ${size}`).toEqual([
				{ id: '7', event: 'status', data: '{"a":\n1}' },
				{ id: '7', event: 'message', data: 'x' }
			]);
		}
	});

	it('knows comments, retry, fields without a value and unknown ones', () => {
		const parser = new EventParser();
		expect(parser.push(': ping\nretry: 250\nretry: soon\nother: 1\ndata\n\n')).toEqual([
			{ id: undefined, event: 'message', data: '' }
		]);
		expect(parser.retry).toBe(250);
	});

	it('keeps the last id and drops the rest when a connection begins anew', () => {
		const parser = new EventParser();
		parser.push('id: 3\ndata: whole\n\ndata: hal');
		parser.begin();
		expect(parser.lastId).toBe('3');
		expect(parser.push('data: next\n\n')).toEqual([{ id: '3', event: 'message', data: 'next' }]);
	});
});

describe('following a stream', () => {
	it('resumes after the last event, waits longer each time, and stops when told', async () => {
		const stop = new AbortController();
		const asked: (string | undefined)[] = [];
		const waits: number[] = [];
		const seen: string[] = [];
		const answers = [
			() => new Response('id: 1\ndata: placed\n\n'),
			() => {
				throw new TypeError('no connection');
			},
			() => new Response('busy', { status: 503 }),
			() => new Response('id: 2\ndata: confirmed\n\n')
		];

		await follow(stop.signal, {
			open: async (lastId) => {
				asked.push(lastId);
				return (answers.shift() as () => Response)();
			},
			wait: async (ms) => void waits.push(ms),
			connected: () => undefined,
			event: ({ data }) => {
				seen.push(data);
				if (data === 'confirmed') stop.abort();
			}
		});

		expect(seen).toEqual(['placed', 'confirmed']);
		expect(asked).toEqual([undefined, '1', '1', '1']);
		expect(waits).toHaveLength(3);
		expect(waits[2]).toBeGreaterThan((waits[0] as number) * 2);
	});

	it('ends when it is refused', async () => {
		let opened = 0;
		await follow(new AbortController().signal, {
			open: async () => {
				opened += 1;
				return new Response(null, { status: 404 });
			},
			wait: async () => undefined,
			connected: () => undefined,
			event: () => undefined
		});
		expect(opened).toBe(1);
	});
});
