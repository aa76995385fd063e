// What the shop says of carts and orders, here and on pages that tell of other things too.

import type { Slug } from '$lib/api/generated/slugs';
import type { Words } from '$lib/words';

/** By the kind of problem. */
export const orderProblems: Partial<Record<Slug, Words>> = {
	'cart-empty': { title: 'Your cart is empty', detail: 'There is nothing to order yet.' },
	'cart-full': {
		title: 'Your cart is full',
		detail: 'It holds 100 different products. Please order some, or take one out.'
	},
	'out-of-stock': {
		title: 'Not everything is in stock',
		detail: 'Nothing was charged. Please change these in your cart.'
	},
	'price-changed': {
		title: 'The price has changed',
		detail: 'Nothing was charged. Please look at the new total before you order.'
	},
	'payment-declined': {
		title: 'The card was declined',
		detail: 'Nothing was charged, and your cart is as it was. Please try another card.'
	},
	'too-many-declines': {
		title: 'Too many cards were declined',
		detail: 'Nothing was charged. Please wait a few minutes, then try another card.'
	},
	'too-many-streams': {
		title: 'Too many orders are being watched at once',
		detail: 'Please close a few pages of orders.'
	},
	'key-reused': {
		title: 'Your order reached the shop before',
		detail: 'Please look among your orders before you buy anything twice.'
	},
	'wrong-state': {
		title: 'This is not possible any more',
		detail: 'The order has moved on. Its page shows where it is.'
	}
};

/** By the last part of a field's pointer. */
export const orderFields: Record<string, string> = {
	address_id: 'This address is no longer in your account. Please choose another one.',
	token: 'Please choose one of the cards.',
	quantity: 'A cart takes 1 to 99 pieces of a product.',
	tracking_code: 'A tracking code has 4 to 40 letters, digits and hyphens.'
};

/** Whether a field at fault is a product of an order. */
export function isLine(field: string): boolean {
	return field.split('/').at(-2) === 'items';
}

export function lineWords(name = 'A product'): string {
	return `${name} is not available in this quantity.`;
}

/** What is kept of an account, for a list of it. */
export const keptOfOrders = ['your cart', 'your orders and their payments'];

/** What becomes of it with the account. */
export const ordersAfterwards =
	'So does your cart. Of your orders we keep what tax law asks for: what was bought, when, for how much, and the country and region, without you. Orders that are on their way keep your address until they have arrived.';

export const ordersOnTheirWay =
	'Orders that are still on their way arrive as planned, and we forget their address then.';

/** For who signs in again after a session that ended. */
export const checkoutIsKept = 'What you typed at the checkout is still there.';

export const nothingIsSold = 'No card is charged, and no parcel leaves.';
