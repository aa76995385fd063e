// What the shop tells a shopper when something is refused or fails. The API's own texts are for
// developers and are never shown; docs/problems.md describes the kinds of problem.

import type { Slug } from '$lib/api/generated/slugs';
import { formatMoney } from '$lib/money';
import { isLine, lineWords, orderFields, orderProblems } from '$lib/orders/words';

export interface Words {
	title: string;
	detail?: string;
}

/** A fault of this page or of the shop, about which a shopper can do nothing but try again. */
const OURS: Words = {
	title: 'Something went wrong on this page',
	detail: 'Please reload the page and try again.'
};

const DOWN: Words = {
	title: 'The shop cannot answer right now',
	detail: 'Please try again in a moment.'
};

const NOWHERE: Words = {
	title: 'There is nothing here',
	detail: 'It may have been removed, or the address has a typing mistake in it.'
};

const OVERTAKEN: Words = {
	title: 'Somebody else changed this meanwhile',
	detail: 'Please read it again, then make your change once more.'
};

const problems: Partial<Record<Slug | 'page', Words>> = {
	'bad-request': OURS,
	'invalid-json': OURS,
	'bad-parameter': NOWHERE,
	'bad-cursor': { title: 'This list has changed', detail: 'Please reload the page.' },
	'idempotency-key-missing': OURS,
	'invalid-body': { title: 'Please check what you typed' },
	'unsupported-media-type': OURS,
	'body-too-large': { title: 'This is too large', detail: 'Please send something smaller.' },
	'request-timeout': {
		title: 'Your connection is too slow for this',
		detail: 'It may have been done in part. Please look before you try again.'
	},
	'expectation-failed': OURS,
	'not-found': NOWHERE,
	'method-not-allowed': OURS,
	'bad-period': { title: 'These days are no period' },
	'query-refused': { title: 'The database does not answer this' },
	'query-too-costly': {
		title: 'This takes too long',
		detail: 'Please ask for fewer days, or for sums.'
	},
	'too-many-queries': {
		title: 'Others are asking right now',
		detail: 'Please try again in a moment.'
	},

	'invalid-token': { title: 'Please sign in again', detail: 'Your session has ended.' },
	'sign-in-required': { title: 'Please sign in first' },
	'staff-only': { title: 'This is for the shop’s staff' },
	'managers-only': { title: 'This is for the shop’s managers' },
	'last-manager': {
		title: 'This is the last manager',
		detail: 'Please make somebody else a manager first.'
	},
	'own-account': {
		title: 'This is your own account',
		detail: 'Please ask another manager.'
	},
	forbidden: { title: 'You may not do this' },
	'session-policy': { title: 'You may not do this' },
	// Of signed requests, which the shop's pages do not make.
	'missing-authentication-token': OURS,
	'incomplete-signature': OURS,
	'invalid-signature': OURS,
	'expired-token': OURS,
	'unrecognized-client': OURS,
	'wrong-credentials': {
		title: 'E-mail address or password is wrong',
		detail: 'Please check both and try again.'
	},
	'not-confirmed': {
		title: 'Your e-mail address is not confirmed yet',
		detail: 'Please enter the code from the letter that we sent to you.'
	},
	'password-reset-required': {
		title: 'Please choose another password',
		detail: 'This account cannot be signed in to with its old one.'
	},
	'wrong-code': {
		title: 'This code is not right',
		detail: 'Please check it. It may have been used already, or be too old.'
	},
	'directory-failed': DOWN,
	'foreign-origin': OURS,
	'too-many-guesses': {
		title: 'Too many wrong passwords or codes',
		detail: 'Please wait a moment, then try again.'
	},
	'session-ended': { title: 'Please sign in again', detail: 'Your session has ended.' },
	'second-factor-required': {
		title: 'One more step',
		detail: 'Your account has a second factor.'
	},
	'challenge-expired': {
		title: 'This took too long',
		detail: 'Please begin again.'
	},
	'passkey-refused': {
		title: 'This passkey is not known here',
		detail: 'Please use another one, or your password.'
	},
	'provider-failed': {
		title: 'The other provider does not answer',
		detail: 'Please try again in a moment, or sign in otherwise.'
	},
	'provider-refused': {
		title: 'The other provider’s answer is not accepted',
		detail: 'Please begin again.'
	},
	'address-unverified': {
		title: 'The other provider tells no verified e-mail address',
		detail: 'Please verify your address there, or make an account with a password here.'
	},
	'address-differs': {
		title: 'You have another e-mail address there',
		detail: 'An account is linked when both have the same address.'
	},
	'consent-required': {
		title: 'There is an account with your e-mail address already',
		detail: 'Please sign in to it as always, then link it.'
	},
	'provider-taken': {
		title: 'This is linked already',
		detail: 'It belongs to another account here, or your account to another one there.'
	},
	'last-way-in': {
		title: 'This is the only way into your account',
		detail: 'Please set a password, or add a passkey first.'
	},
	'too-many-passkeys': {
		title: 'You have 20 passkeys',
		detail: 'Please remove one that you no longer need.'
	},
	'step-up-required': {
		title: 'Please prove once more that it is you',
		detail: 'This is for the owner of the account alone.'
	},
	'account-deleted': { title: 'This account was deleted' },
	'untrusted-caller': DOWN,
	'email-taken': {
		title: 'An account with this e-mail address exists already',
		detail: 'Please sign in, or use another address.'
	},
	'link-expired': {
		title: 'This link does not work any more',
		detail: 'It works once and not for long. Please ask for another one.'
	},
	'too-many-addresses': {
		title: 'Your address book is full',
		detail: 'It holds 20 addresses. Please delete one that you no longer need.'
	},

	'slug-taken': {
		title: 'Another product has this name in its address',
		detail: 'Please choose another name.'
	},
	'precondition-required': OVERTAKEN,
	'precondition-failed': OVERTAKEN,
	'no-direct-uploads': OURS,
	'unsupported-image': {
		title: 'This picture cannot be used',
		detail: 'Please choose a PNG, JPEG or WebP file.'
	},

	'out-of-stock': { title: 'Not everything is in stock' },
	'key-reused': { title: 'This reached the shop before' },
	'wrong-state': { title: 'This is not possible any more' },
	// Of some of these there is more to say when an order is refused.
	...orderProblems,

	'quota-exceeded': {
		title: 'That was all for today',
		detail: 'Please come back tomorrow.'
	},
	'too-many-requests': {
		title: 'Too many tries in a short time',
		detail: 'Please wait a moment, then try again.'
	},
	unavailable: DOWN,
	timeout: {
		title: 'The shop took too long to answer',
		detail: 'It may have been done all the same. Please look before you try again.'
	},
	'bad-gateway': DOWN,
	internal: { title: 'Something went wrong in the shop', detail: 'Please try again in a moment.' },

	// Without an answer of the API.
	unreachable: {
		title: 'The shop cannot be reached',
		detail: 'Please check your connection and try again.'
	},
	page: OURS
};

/** What to say of a kind of problem; of an unknown one, what its status tells. */
export function words(slug: string, status: number): Words {
	const known = Object.hasOwn(problems, slug) ? problems[slug as Slug] : undefined;
	if (known) return known;
	return status >= 500 ? DOWN : { title: 'The shop did not accept this', detail: OURS.detail };
}

const lowest = { amount: 1, currency: 'USD' };
const highest = { amount: 10_000_000, currency: 'USD' };

/** By the last part of a field's pointer. */
const fields: Record<string, string> = {
	...orderFields,
	name: 'Please write a name.',
	email: 'Please write a whole e-mail address, such as rose@example.com.',
	password: 'Please choose a password of 10 to 128 characters that nobody would guess first.',
	line1: 'Please write the street and the number.',
	line2: 'Please write this on one short line, or leave it out.',
	city: 'Please write the city.',
	region: 'Please write the state or region.',
	postal_code: 'Please write the postal code as it is written in this country.',
	country: 'Please choose a country from the list.',
	price: `Please write a price from ${formatMoney(lowest)} to ${formatMoney(highest)}.`,
	stock: 'Please write a whole number from 0 to 1,000,000.',
	category: 'Please choose one of the categories.',
	summary: 'Please write a summary of up to 200 characters, on one line.',
	description: 'A description has up to 4,000 characters.',
	care: 'Care notes have up to 2,000 characters.',
	attributes: 'These attributes cannot be saved: too many, too long, or one stands there twice.'
};

/** What to say of a field at fault; `name` is what a shopper calls it, where nothing else is known. */
export function fieldWords(field: string, name?: string): string {
	if (isLine(field)) return lineWords(name);
	const last = field.split('/').at(-1) ?? '';
	if (Object.hasOwn(fields, last)) return fields[last] ?? '';
	const spaced = last.replaceAll('_', ' ');
	return `Please check this: ${name ?? (spaced || 'what you typed')}.`;
}
