import { expect, it } from 'vitest';
import { safeNext } from './next';

it('leads to pages of this shop alone', () => {
	expect(safeNext('/checkout?x=1')).toBe('/checkout?x=1');
	for (const bad of [null, '', 'https://evil.example', '//evil.example', '/\\evil.example', 'x']) {
		expect(safeNext(bad)).toBe('/');
	}
});
