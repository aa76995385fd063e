import { expect, it } from 'vitest';
import { safeNext } from './next';

it('leads to pages of this shop alone', () => {
	expect(safeNext('/shop?x=1')).toBe('/shop?x=1');
	expect(safeNext('/.//evil.example')).toBe('/.//evil.example');
	const elsewhere = [
		'https://evil.example',
		'//evil.example',
		'/\\evil.example',
		'/\t/evil.example',
		'//['
	];
	for (const bad of [null, '', 'x', ...elsewhere]) expect(safeNext(bad)).toBe('/');
});
