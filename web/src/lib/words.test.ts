import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fieldWords, words } from './words';

const page = readFileSync(new URL('../../../docs/problems.md', import.meta.url), 'utf8');
const slugs = [...page.matchAll(/^### `([a-z-]+)`\n\d{3}/gm)].map(([, slug]) => slug ?? '');

it('has words of its own for every kind of problem', () => {
	expect(slugs.length).toBeGreaterThan(20);
	const without = slugs.filter(
		(slug) => words(slug, 400).title === words('no-such-kind', 400).title
	);
	expect(without).toEqual([]);
});

it('tells a price as the shop shows it, not in cents', () => {
	expect(fieldWords('price')).toContain('$0.01 to $100,000.00');
});

it('says what is wrong with an unknown field, and takes nothing from an object', () => {
	expect(fieldWords('constructor')).toBe('Please check this: constructor.');
	expect(fieldWords('', 'The file')).toBe('Please check this: The file.');
	expect(words('constructor', 503).title).toBe('The shop cannot answer right now');
});
