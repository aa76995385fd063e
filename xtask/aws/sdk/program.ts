// A shopper's program at Amazon API Gateway, by the client. `cargo xtask test sdk-aws` deploys the shop and starts this: the
// environment has temporary credentials, as AWS gives them, and both addresses of the API.

import assert from 'node:assert/strict';
import { Problem, Terrace, type components } from 'terrace-sdk';

type Money = components['schemas']['OrdersMoney'];

const { SHOP_API: url = '', SHOP_SIGNED: signed = '', SHOP_FAULTS: faulty = '', AWS_REGION: region = '' } = process.env;
const { AWS_ACCESS_KEY_ID: key = '', AWS_SECRET_ACCESS_KEY: secret = '', AWS_SESSION_TOKEN: session } = process.env;
const who = { email: process.env.SHOP_EMAIL ?? '', password: process.env.SHOP_PASSWORD ?? '' };
const address = {
	name: 'Rose Gardener',
	line1: '1 Orchard Lane',
	city: 'Portland',
	region: 'OR',
	postal_code: '97201',
	country: 'US'
};

const by = (accessKeyId: string, secretAccessKey: string, sessionToken?: string, now?: () => number) =>
	new Terrace({
		url: signed,
		signing: true,
		region,
		credentials: async () => ({ accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }),
		...(now && { now })
	});
const slow = () => Date.now() - 3_600_000;
const order = (buyer: Terrace, token: string, expected_total: Money) =>
	buyer.placeOrder({ body: { address, payment: { token }, expected_total } });
const orderFaults = (body: string) => fetch(`${faulty}/faults`, { method: 'PUT', body });

/** What is thrown, which has to be a problem of this kind. */
async function refused(status: number, slug: string, call: () => Promise<unknown>): Promise<Problem> {
	const problem: unknown = await call().then(() => assert.fail(`${slug} was expected`), (thrown) => thrown);
	assert(problem instanceof Problem, String(problem));
	assert.deepEqual([problem.status, problem.slug], [status, slug]);
	assert.match(problem.requestId ?? '', /./);
	return problem;
}

// What everybody may read is at the address for people, without a signature.
const shop = new Terrace({ url });
const names = new Set<string>();
for await (const product of shop.each((cursor) => shop.listProducts({ cursor, limit: 20 }))) names.add(product.slug);
assert(names.size > 20, 'a list has more than one page');
const plant = (await shop.listProducts({ in_stock: true, q: 'monstera' })).items[0]!;
await refused(404, 'not-found', () => shop.getProduct({ id: 'no-such-plant' }));
await refused(401, 'invalid-token', () => shop.getCart());
await refused(401, 'wrong-credentials', () => shop.signIn({ body: { ...who, password: 'Another1phrase!' } }));

// Whoever signs in is who the credentials are of.
await shop.signIn({ body: who });
const program = by(key, secret, session, slow);
assert.deepEqual(await program.getMe(), await shop.getMe());

// Buy and cancel, by a clock that is an hour slow.
await program.clearCart();
await refused(422, 'invalid-body', () => program.setCartItem({ product_id: plant.id, body: { quantity: 0 } }));
await program.setCartItem({ product_id: plant.id, body: { quantity: 1 } });
const { total } = await program.getCart();
const changed = await refused(409, 'price-changed', () =>
	order(program, 'tok_visa', { ...total, amount: total.amount + 1 })
);
const { price_change } = changed.document as components['schemas']['CheckoutConflict'];
assert.deepEqual(price_change?.total, total);
await refused(402, 'payment-declined', () => order(program, 'tok_declined', total));
const bought = await order(program, 'tok_visa', total);
assert.equal((await program.getOrder({ id: bought.id })).number, bought.number);
const mine: string[] = [];
for await (const { id } of program.each((cursor) => program.listOrders({ cursor }))) mine.push(id);
assert(mine.includes(bought.id));
assert.equal((await program.cancelOrder({ id: bought.id })).status, 'cancelled');
await refused(409, 'wrong-state', () => program.cancelOrder({ id: bought.id }));
await refused(403, 'forbidden', () => program.listAllOrders());
// API Gateway has no streams, and no such method.
await refused(403, 'missing-authentication-token', () => program.followOrder(bought.id).next());

// Signatures: what is not whole is refused; a wrong clock is corrected by the refusal.
await refused(403, 'missing-authentication-token', () => new Terrace({ url: signed }).getCart());
await refused(403, 'unrecognized-client', () => by(key, secret).getCart());
await refused(403, 'unrecognized-client', () => by('ASIAAAAAAAAAAAAAAAAA', secret, session).getCart());
await refused(403, 'invalid-signature', () => by(key, 'another', session).getCart());
const late = by(key, secret, session, slow);
for (const me of await Promise.all([1, 2, 3].map(() => late.getMe()))) assert.equal(me.email, who.email);

// Networks and busy servers: what may be repeated is, and nothing else.
await orderFaults('429 503 lost');
await program.setCartItem({ product_id: plant.id, body: { quantity: 1 } });
const before = (await program.listOrders()).items.length;
await orderFaults('lost 503 429');
const once = await order(program, 'tok_visa', total);
const orders = (await program.listOrders()).items;
assert.deepEqual([orders.length, orders[0]?.id], [before + 1, once.id], 'one order, though its answer was lost');
await orderFaults('503');
const busy: Problem = await program.addAddress({ body: address }).catch((thrown) => thrown);
assert.deepEqual([busy.status, busy.retryAfter], [503, 1]);
assert.deepEqual((await program.listAddresses()).items, []);
console.log(`typescript: ${names.size} products, ${orders.length} orders`);
