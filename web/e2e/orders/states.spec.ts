// The pages of carts and orders that wait, fail or have nothing to show.
import { inspect } from '../inspect';
import { addProduct, assortment, expect, signIn, signUp, staff, test } from '../shop';
import { waitAndFail, type Place } from '../waiting';
import { addToCart, buy } from './buy';

const nowhere = '00000000-0000-7000-8000-000000000000';

const shoppers: Record<string, Place> = {
	cart: ['/cart', (page) => page.getByRole('spinbutton', { name: 'Quantity' })],
	checkout: ['/checkout', (page) => page.getByText(`1 × ${assortment().bought.name}`)],
	orders: ['/orders', (page) => page.getByText('No orders yet')],
	order: [`/order/${nowhere}`, (page) => page.getByText('There is no such order')]
};

const desk: Record<string, Place> = {
	'staff-orders': ['/staff/orders', (page) => page.getByRole('heading', { name: /T-/ }).first()]
};

test('carts and orders wait and fail with words', async ({ page }) => {
	await signUp(page);
	await addToCart(page);
	await waitAndFail(page, shoppers);
});

test('the desk of orders waits and fails with words', async ({ page, somebodyElse }) => {
	await buy(await somebodyElse());
	await signIn(page, staff());
	await waitAndFail(page, desk);
});

test('carts and orders with nothing in them say so', async ({ page }) => {
	test.setTimeout(180_000);
	await page.goto('/cart');
	await expect(page.getByText('Your cart is empty').last()).toBeVisible();
	await inspect(page, 'cart-empty');
	await signUp(page);
	const empty = {
		'orders-empty': ['/orders', 'No orders yet'],
		'checkout-empty': ['/checkout', 'Your cart is empty'],
		'order-missing': [`/order/${nowhere}`, 'There is no such order'],
		'order-malformed': ['/order/not-an-id', 'There is no such order']
	};
	for (const [name, [path, words]] of Object.entries(empty)) {
		await page.goto(path ?? '');
		await expect(page.getByText(words ?? '')).toBeVisible();
		await inspect(page, name);
	}
});

test('a cart with more than there is says so, and does not go on to the checkout', async ({
	page
}) => {
	await addToCart(page, await addProduct(5));
	await page.goto('/cart');
	await page.getByRole('spinbutton', { name: 'Quantity' }).fill('99');
	await page.getByRole('spinbutton', { name: 'Quantity' }).press('Enter');
	await expect(page.getByText('Only 5 left')).toBeVisible();
	await expect(page.getByRole('link', { name: /check out/ })).toHaveCount(0);
	await inspect(page, 'cart-unavailable');
	await page.getByRole('button', { name: 'Make it 5' }).click();
	await expect(page.getByRole('link', { name: /check out/ })).toBeVisible();
});

test('long words of the staff do not break a cart', async ({ page }) => {
	await addToCart(page, await addProduct(5, `Testing ${'Donaudampfschifffahrts'.repeat(5)}`));
	await page.goto('/cart');
	await inspect(page, 'cart-long-word');
});
