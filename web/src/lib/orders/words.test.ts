import { expect, it } from 'vitest';
import { fieldWords } from '$lib/words';

it('names the product of an order that cannot be had', () => {
	expect(fieldWords('items/7', 'Monstera')).toBe('Monstera is not available in this quantity.');
	expect(fieldWords('items/7')).toBe('A product is not available in this quantity.');
});
