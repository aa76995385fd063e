import { expect, it, vi } from 'vitest';
import { newKey } from './key';

it('makes keys outside of a secure context too', () => {
	const getRandomValues = crypto.getRandomValues.bind(crypto);
	vi.stubGlobal('crypto', { getRandomValues });
	expect(newKey()).toMatch(/^[0-9a-f]{32}$/);
	expect(newKey()).not.toBe(newKey());
	vi.unstubAllGlobals();
});
