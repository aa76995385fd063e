import { expect, it } from 'vitest';
import { Pages, type PageOf } from './pages.svelte';
import { goingBack } from './recall';

/** A list whose pages come when they are let, and which tells what was asked for. */
function list() {
	const asked: (string | undefined)[] = [];
	const open: { land(page: PageOf<string>): Promise<void>; crash(): Promise<void> }[] = [];
	const settle = () => new Promise<void>((resolve) => setTimeout(resolve));
	const pages = new Pages<string>((cursor) => {
		asked.push(cursor);
		return new Promise((resolve, reject) => {
			open.push({
				land: (page) => (resolve(page), settle()),
				crash: () => (reject(new TypeError('lost')), settle())
			});
		});
	});
	const last = () => {
		const call = open.at(-1);
		if (!call) throw new Error('nothing was asked for');
		return call;
	};
	return { pages, asked, open, last };
}

const first = { items: ['a', 'b'], next_cursor: '2' };

it('reads page after page', async () => {
	const { pages, last, asked } = list();
	void pages.load();
	await last().land(first);
	void pages.loadMore();
	await last().land({ items: ['c'], next_cursor: null });
	expect(pages.items).toEqual(['a', 'b', 'c']);
	expect(pages.more).toBe(false);
	expect(asked).toEqual([undefined, '2']);
});

it('repeats exactly what failed: the next page', async () => {
	const { pages, last, asked } = list();
	void pages.load();
	await last().land(first);
	void pages.loadMore();
	await last().crash();
	expect(pages.problem).not.toBeNull();
	void pages.again();
	await last().land({ items: ['c'] });
	expect(pages.items).toEqual(['a', 'b', 'c']);
	expect(asked).toEqual([undefined, '2', '2']);
});

it('repeats exactly what failed: the start', async () => {
	const { pages, last, asked } = list();
	void pages.load();
	await last().land(first);
	void pages.load();
	await last().crash();
	expect(pages.items).toEqual(['a', 'b']);
	void pages.again();
	await last().land({ items: ['z'] });
	expect(pages.items).toEqual(['z']);
	expect(asked).toEqual([undefined, undefined, undefined]);
});

it('shows nothing of the last question under the next one', async () => {
	const { pages, last, open } = list();
	void pages.load();
	await last().land(first);
	void pages.loadMore();
	void pages.restart();
	await open[1]?.land({ items: ['late'] });
	expect(pages.items).toEqual([]);
	await last().crash();
	expect(pages.items).toEqual([]);
	expect(pages.more).toBe(false);
});

it('is as long as it was on the way back, and is read again behind that', async () => {
	const read = async (cursor: string | undefined) =>
		cursor ? { items: ['c'] } : { items: ['a', 'b'], next_cursor: '2' };
	const pages = new Pages<string>(read, () => 'letters');
	await pages.restart();
	await pages.loadMore();

	goingBack(true);
	const asked: (string | undefined)[] = [];
	const later = new Pages<string>(
		(cursor) => {
			asked.push(cursor);
			return cursor ? read(cursor) : Promise.resolve({ items: ['a', 'B'], next_cursor: '2' });
		},
		() => 'letters'
	);
	const renewed = later.restart();
	expect([later.items, later.waiting]).toEqual([['a', 'b', 'c'], false]);
	await renewed;
	expect(later.items).toEqual(['a', 'B', 'c']);
	expect(asked).toEqual([undefined, '2']);
	goingBack(false);
});
