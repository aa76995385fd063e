// One story of a shopper, by the client. `cargo xtask test sdk` starts the shop and this.

import assert from 'node:assert/strict';
import { type Credentials, Problem, type Settings, type Slug, Terrace, type components } from 'terrace-sdk';

type Money = components['schemas']['OrdersMoney'];

const { SHOP_API: url = '', SHOP_FAULTS: faulty = '' } = process.env;
const email = `typescript-${crypto.randomUUID()}@garden.example`;
const password = 'a long pass phrase';
const address = {
	name: 'Rose Gardener',
	line1: '1 Orchard Lane',
	city: 'Portland',
	region: 'OR',
	postal_code: '97201',
	country: 'US'
};

/** What is thrown, which has to be a problem of this kind. */
async function refused(status: number, slug: Slug, call: () => Promise<unknown>): Promise<Problem> {
	const problem: unknown = await call().then(() => assert.fail(`${slug} was expected`), (thrown) => thrown);
	assert(problem instanceof Problem, String(problem));
	assert.deepEqual([problem.status, problem.slug], [status, slug]);
	assert.match(problem.requestId ?? '', /./);
	return problem;
}

// Browse.
const shop = new Terrace({ url });
const names = new Set<string>();
for await (const product of shop.each((cursor) => shop.listProducts({ cursor, limit: 5 }))) {
	names.add(product.slug);
}
assert(names.size > 10, 'a list has more than one page');
const plant = (await shop.listProducts({ in_stock: true, q: 'monstera' })).items[0]!;
await refused(404, 'not-found', () => shop.getProduct({ id: 'a b ü*?' }));
await assert.rejects(shop.getProduct({ id: '..' }), RangeError);

// Sign up and in.
await refused(401, 'sign-in-required', () => shop.getCart());
const broken = await refused(422, 'invalid-body', () =>
	shop.signUp({ body: { email: 'rose', password: 'short', name: '' } })
);
assert.deepEqual(new Set(broken.errors.map(({ pointer }) => pointer)), new Set(['/name', '/password']));
await shop.signUp({ body: { email, password, name: 'Rose' } });
await refused(409, 'email-taken', () => shop.signUp({ body: { email, password, name: 'Rose' } }));
await refused(401, 'wrong-credentials', () => shop.signIn({ body: { email, password: 'another phrase' } }));
await shop.signIn({ body: { email, password } });
await shop.refreshSession();
assert.equal((await shop.getMe()).email, email);

// Buy, with signed requests: the clock is an hour slow, and set by what the API answers.
const now = () => Date.now() - 3_600_000;
const signing = new Terrace({ url, signing: true, now });
await signing.signIn({ body: { email, password } });
const order = (buyer: Terrace, token: string, expected_total: Money) =>
	buyer.placeOrder({ body: { address, payment: { token }, expected_total } });
await signing.setCartItem({ product_id: plant.id, body: { quantity: 1 } });
const { total } = await signing.getCart();
const changed = await refused(409, 'price-changed', () =>
	order(signing, 'tok_visa', { ...total, amount: total.amount + 1 })
);
const { price_change } = changed.document as components['schemas']['CheckoutConflict'];
assert.deepEqual(price_change?.total, total);
await refused(402, 'payment-declined', () => order(signing, 'tok_declined', total));
const bought = await order(signing, 'tok_visa', total);
assert.equal(bought.status, 'confirmed');

// Whose cards are declined again and again waits longer than the client would: that comes back at once.
const unlucky = new Terrace({ url });
const other = { email: `other-${email}`, password };
await unlucky.signUp({ body: { ...other, name: 'Other' } });
await unlucky.signIn({ body: other });
await unlucky.setCartItem({ product_id: plant.id, body: { quantity: 1 } });
for (let card = 0; card < 5; card += 1) {
	await refused(402, 'payment-declined', () => order(unlucky, 'tok_declined', total));
}
const begun = Date.now();
const waits = await refused(429, 'too-many-declines', () => order(unlucky, 'tok_visa', total));
assert((waits.retryAfter ?? 0) > 20 && Date.now() - begun < 5_000, `${waits.retryAfter} s`);

// Follow and cancel; whoever comes back goes on where they were.
const seen: string[] = [];
for await (const event of signing.followOrder(bought.id)) {
	seen.push(event.status);
	if (event.status === 'confirmed') await signing.cancelOrder({ id: bought.id });
}
assert.deepEqual(seen, ['placed', 'confirmed', 'cancelled']);
const rest: string[] = [];
for await (const event of signing.followOrder(bought.id, { lastEventId: '2' })) rest.push(event.status);
assert.deepEqual(rest, ['cancelled']);
await refused(409, 'wrong-state', () => signing.cancelOrder({ id: bought.id }));

// Signatures: what is not whole is refused; a wrong clock is corrected by the refusal.
const issued = await shop.createCredentials();
const credentials: Credentials = {
	accessKeyId: issued.access_key_id,
	secretAccessKey: issued.secret_access_key,
	sessionToken: issued.session_token
};
const by = (some: Credentials, settings: Partial<Settings> = {}) =>
	new Terrace({ url, signing: true, credentials: async () => some, ...settings });
const { sessionToken, ...without } = credentials;
let asked = 0;
const locked = new Error('the wallet is locked');
const wallet = async () => {
	asked += 1;
	throw locked;
};
await assert.rejects(new Terrace({ url, signing: true, credentials: wallet }).getMe(), locked);
assert.equal(asked, 1, 'what the program itself throws is no fault of the network');
await refused(403, 'missing-authentication-token', () => by(without).getMe());
await refused(403, 'invalid-signature', () => by({ ...credentials, secretAccessKey: 'another' }).getMe());
// The one whose answer corrects the clock is not the only one that was wrong.
const late = by(credentials, { now });
for (const me of await Promise.all([1, 2, 3].map(() => late.getMe()))) assert.equal(me.email, email);
const both = by(credentials);
await both.listProducts({ q: "gärtner's (a*b) & c+d=e/f", limit: 1 });
await Promise.all([1, 2].map((quantity) => both.setCartItem({ product_id: plant.id, body: { quantity } })));

// Networks and busy servers: what may be repeated is, and nothing else.
const orderFaults = (body: string) => fetch(`${faulty}/faults`, { method: 'PUT', body });
const through = new Terrace({ url: faulty });
await through.signIn({ body: { email, password } });
await orderFaults('429 503 lost');
assert.equal((await through.getMe()).email, email);
await through.setCartItem({ product_id: plant.id, body: { quantity: 1 } });
const before = (await through.listOrders()).items.length;
await orderFaults('lost 503 429');
const once = await order(through, 'tok_visa', total);
const orders = (await through.listOrders()).items;
assert.deepEqual([orders.length, orders[0]?.id], [before + 1, once.id], 'one order, though its answer was lost');
await orderFaults('503');
const busy = await refused(503, 'unknown', () => through.addAddress({ body: address }));
assert.equal(busy.retryAfter, 1);
assert.deepEqual((await through.listAddresses()).items, []);
await orderFaults('429');
await through.addAddress({ body: address });
const started = Date.now();
await orderFaults('busy');
await assert.rejects(through.getMe({}, { signal: AbortSignal.timeout(300) }), { name: 'TimeoutError' });
assert(Date.now() - started < 10_000, 'a call that is given up ends at once');
await orderFaults('');
await orderFaults('lost');
await refused(0, 'unreachable', () => new Terrace({ url: faulty, retries: 0 }).listCategories());
// What comes byte by byte, without end, has the time of an attempt.
await orderFaults('drip');
await refused(0, 'unreachable', () => new Terrace({ url: faulty, retries: 0, timeoutMs: 300 }).listCategories());

// A stream that breaks after each event goes on where it was.
await orderFaults('cut cut cut');
const whole: string[] = [];
for await (const event of through.followOrder(once.id)) {
	whole.push(event.status);
	if (event.status === 'confirmed') await shop.cancelOrder({ id: once.id });
}
assert.deepEqual(whole, ['placed', 'confirmed', 'cancelled']);
await orderFaults('');

// Time passes: tokens and credentials are renewed before they end, once for all who wait.
const paths: string[] = [];
let later = 0;
const patient = new Terrace({
	url,
	signing: true,
	now: () => Date.now() + later,
	fetch: (input, init) => {
		paths.push(new URL(String(input)).pathname);
		return fetch(input, init);
	}
});
await patient.signIn({ body: { email, password } });
const together = () => Promise.all([1, 2, 3].map(() => patient.getMe()));
const mes = ['/v1/me', '/v1/me', '/v1/me'];
await together();
assert.deepEqual(paths.splice(0), ['/v1/sessions', '/v1/me/credentials', ...mes]);
await together();
assert.deepEqual(paths.splice(0), mes);
later = 14.5 * 60_000;
await together();
assert.deepEqual(paths.splice(0), ['/v1/sessions/refresh', '/v1/me/credentials', ...mes]);

// Leave.
await shop.signOut();
await refused(401, 'sign-in-required', () => shop.getMe());
console.log(`typescript: ${names.size} products, ${orders.length} orders`);
