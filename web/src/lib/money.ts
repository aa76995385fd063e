// Money as the API speaks it, integer minor units, and as a shopper reads it.

export interface Money {
	amount: number;
	currency: string;
}

const formats = new Map<string, Intl.NumberFormat>();

function format(currency: string): Intl.NumberFormat {
	let found = formats.get(currency);
	if (!found) {
		found = new Intl.NumberFormat('en-US', { style: 'currency', currency });
		formats.set(currency, found);
	}
	return found;
}

function digits(currency: string): number {
	return format(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

/** `$12.99`. The fraction is written from the integer, so that no sum is ever rounded. */
export function formatMoney({ amount, currency }: Money): string {
	return format(currency).format(toDecimal(amount, digits(currency)) as Intl.StringNumericLiteral);
}

/** `1299` as `12.99`, what a person types into a price field. */
export function toDecimal(amount: number, places = 2): string {
	const sign = amount < 0 ? '-' : '';
	const all = String(Math.abs(amount)).padStart(places + 1, '0');
	if (places === 0) return sign + all;
	return `${sign}${all.slice(0, -places)}.${all.slice(-places)}`;
}

/** `12.99` as `1299`; undefined when it is no amount of money. */
export function fromDecimal(typed: string, places = 2): number | undefined {
	const match = /^(\d{1,9})(?:[.,](\d*))?$/.exec(typed.trim());
	if (!match) return undefined;
	const fraction = match[2] ?? '';
	if (fraction.length > places) return undefined;
	return Number((match[1] ?? '') + fraction.padEnd(places, '0'));
}

/** The price of some pieces. */
export function times({ amount, currency }: Money, quantity: number): Money {
	return { amount: amount * quantity, currency };
}

/** The sum; undefined of nothing, or of several currencies. */
export function sum(all: readonly Money[]): Money | undefined {
	const [first] = all;
	if (!first || all.some(({ currency }) => currency !== first.currency)) return undefined;
	return {
		amount: all.reduce((total, { amount }) => total + amount, 0),
		currency: first.currency
	};
}
