// How addresses are written, by country. The API takes any text; this is so that nobody is asked
// for what their country does not have.

import type { AddressFields } from '$lib/api/types';

export interface Country {
	code: string;
	name: string;
	/** What the region is called where an address needs one. */
	region?: string;
	/** The form of a postal code, as the attribute `pattern` of a field, and in words. */
	postal: { pattern: string; words: string };
}

const digits = (count: number) => ({ pattern: `\\d{${count}}`, words: `${count} digits` });
const like = (example: string, pattern: string) => ({ pattern, words: `such as ${example}` });

const known: Record<string, Omit<Country, 'code' | 'name'>> = {
	AT: { postal: digits(4) },
	AU: { region: 'State or territory', postal: digits(4) },
	BE: { postal: digits(4) },
	CA: { region: 'Province', postal: like('K1A 0B1', '[A-Za-z]\\d[A-Za-z] ?\\d[A-Za-z]\\d') },
	CH: { postal: digits(4) },
	CZ: { postal: like('110 00', '\\d{3} ?\\d{2}') },
	DE: { postal: digits(5) },
	DK: { postal: digits(4) },
	ES: { region: 'Province', postal: digits(5) },
	FI: { postal: digits(5) },
	FR: { postal: digits(5) },
	GB: { postal: like('SW1A 1AA', '[A-Za-z]{1,2}\\d[A-Za-z\\d]? ?\\d[A-Za-z]{2}') },
	IE: { postal: like('D02 AF30', '[A-Za-z]\\d[\\dWw] ?[A-Za-z\\d]{4}') },
	IT: { region: 'Province', postal: digits(5) },
	JP: { region: 'Prefecture', postal: like('100-0001', '\\d{3}-?\\d{4}') },
	LU: { postal: digits(4) },
	NL: { postal: like('1012 AB', '\\d{4} ?[A-Za-z]{2}') },
	NO: { postal: digits(4) },
	NZ: { postal: digits(4) },
	PL: { postal: like('00-001', '\\d{2}-\\d{3}') },
	PT: { postal: like('1000-001', '\\d{4}-\\d{3}') },
	SE: { postal: like('111 29', '\\d{3} ?\\d{2}') },
	US: { region: 'State', postal: like('97201', '\\d{5}(-\\d{4})?') }
};

const names = new Intl.DisplayNames('en', { type: 'region' });

/** Where the shop delivers, by name. */
export const countries: Country[] = Object.entries(known)
	.map(([code, country]) => ({ code, name: names.of(code) ?? code, ...country }))
	.sort((a, b) => a.name.localeCompare(b.name));

/** How addresses of this country are written; of a country that is not ours, nothing is known. */
export function countryOf(code: string): Country | undefined {
	return countries.find((country) => country.code === code);
}

/** The country of whoever speaks these languages, the preferred one first. */
export function homeCountry(languages: readonly string[]): string {
	const regions = languages.map((tag) => {
		try {
			return new Intl.Locale(tag).maximize().region ?? '';
		} catch {
			return '';
		}
	});
	return regions.find((region) => countryOf(region)) ?? 'US';
}

/** An empty address of somebody's own country. */
export function newAddress(name: string): AddressFields {
	const country = homeCountry(navigator.languages);
	return { name, line1: '', line2: '', city: '', region: '', postal_code: '', country };
}

/** An address as the API takes it: without a region where the country has none. */
export function addressBody(fields: AddressFields) {
	const { name, line1, line2, city, postal_code, country } = fields;
	const known = countryOf(country);
	const region = known && !known.region ? '' : fields.region;
	return { name, line1, line2: line2.trim() || null, city, region, postal_code, country };
}
