// The pages of carts and orders, with what belongs on them, for everybody.
import { accessible, artifacts, inspect } from '../inspect';
import { assortment, expect, fillAddress, signIn, signUp, staff, test } from '../shop';
import { addToCart, buy } from './buy';

test('a stranger’s cart is for everybody', async ({ page }) => {
	await page.setViewportSize({ width: 390, height: 844 });
	await addToCart(page);
	await accessible(page, 'what is said after adding');
	await page.screenshot({ path: `${artifacts}/added-phone.png` });
	await page.goto('/cart');
	await inspect(page, 'cart-stranger');
});

test('the pages of a purchase are for everybody', async ({ page }) => {
	test.setTimeout(180_000);
	await signUp(page);
	await addToCart(page);
	await addToCart(page, assortment().other);
	await page.goto('/cart');
	await inspect(page, 'cart');
	await page.goto('/checkout');
	await inspect(page, 'checkout');
	await fillAddress(page);
	await page.getByText('A card that is declined').click();
	await page.getByRole('button', { name: /^Place order/ }).click();
	await expect(page.getByRole('alert')).toContainText('The card was declined');
	await inspect(page, 'checkout-declined');
	await page.getByText('Visa ending in 4242').click();
	await page.getByRole('button', { name: /^Place order/ }).click();
	await expect(page.getByText('Confirmed. Paid and waiting to be packed.')).toBeVisible();
	await inspect(page, 'order');
	await page.getByRole('button', { name: 'Cancel order' }).click();
	await expect(page.getByRole('heading', { name: 'Cancel this order?' })).toBeVisible();
	await accessible(page, 'the question before cancelling');
	await page.screenshot({ path: `${artifacts}/order-cancel.png` });
	await page.getByRole('button', { name: 'Yes, cancel it' }).click();
	await expect(page.getByText('Cancelled by you.')).toBeVisible();
	await inspect(page, 'order-cancelled');
	await page.goto('/orders');
	await inspect(page, 'orders');
});

test('the desk of orders is for everybody', async ({ page, somebodyElse }) => {
	await buy(await somebodyElse());
	await signIn(page, staff());
	await page.goto('/staff/orders?status=confirmed');
	await expect(page.getByRole('button', { name: /^Ship order/ }).first()).toBeVisible();
	await inspect(page, 'staff-orders');
});
