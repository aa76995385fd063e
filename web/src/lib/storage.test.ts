import { describe, expect, it } from 'vitest';
import { guarded } from './storage';

function denied(): Storage {
	throw new DOMException('denied', 'SecurityError');
}

describe('guarded', () => {
	it('keeps in memory what a browser that blocks site data does not keep', () => {
		const store = guarded(denied);

		store.setItem('a', '1');

		expect(store.getItem('a')).toBe('1');
		store.removeItem('a');
		expect(store.getItem('a')).toBeNull();
	});

	it('prefers what could not be written to what was there before', () => {
		const full = {
			getItem: () => 'old',
			setItem: () => {
				throw new DOMException('full', 'QuotaExceededError');
			}
		};
		const store = guarded(() => full as unknown as Storage);

		store.setItem('a', 'new');

		expect(store.getItem('a')).toBe('new');
	});
});
