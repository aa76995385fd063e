import { expect, it } from 'vitest';
import { addressBody, countries, countryOf, homeCountry } from './countries';

const fits = (code: string, postal: string) =>
	new RegExp(`^(?:${countryOf(code)?.postal.pattern})$`, 'v').test(postal);

it('knows the postal codes of each country', () => {
	for (const { code, postal } of countries) {
		const example = postal.words.startsWith('such as ')
			? postal.words.replace('such as ', '')
			: '1'.repeat(Number(/\d/.exec(postal.words)?.[0]));
		expect(fits(code, example), code).toBe(true);
		expect(fits(code, '!!!'), code).toBe(false);
	}
	expect(fits('US', '97201-1234')).toBe(true);
	expect(fits('US', '9720')).toBe(false);
});

it('asks for a region only where there are regions', () => {
	const address = { name: 'Rose', line1: '1', line2: ' ', city: 'Bonn', postal_code: '53111' };
	const body = (country: string) => addressBody({ ...address, region: 'OR', country });
	expect(body('DE')).toMatchObject({ region: '', line2: null });
	expect(body('US')).toMatchObject({ region: 'OR' });
	// What another client wrote stays as it is.
	expect(body('BR')).toMatchObject({ region: 'OR' });
});

it('begins with the country of the visitor', () => {
	expect(homeCountry(['de-AT', 'en-US'])).toBe('AT');
	expect(homeCountry(['fr'])).toBe('FR');
	expect(homeCountry(['pt-BR', 'not a language', 'en-GB'])).toBe('GB');
	expect(homeCountry([])).toBe('US');
});
