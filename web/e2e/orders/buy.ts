// The ways from a product to an order.
import { assortment, type Product } from '../assortment';
import { expect, fillAddress, signUp, stranger, type Page } from '../shop';

/** Puts a piece into the cart: of what all tests buy, unless another product is named. */
export async function addToCart(page: Page, product?: Product): Promise<void> {
	const { slug } = product ?? assortment().bought;
	await page.goto(`/product/${slug}`);
	await page.getByRole('button', { name: 'Add to cart' }).click();
	await expect(page.getByText('in your cart.')).toBeVisible();
}

/** Somebody new buys something; the page shows the confirmed order. */
export async function buy(page: Page, person = stranger()): Promise<void> {
	await signUp(page, person);
	await addToCart(page);
	await page.goto('/checkout');
	await fillAddress(page);
	await page.getByRole('button', { name: /^Place order/ }).click();
	await expect(page.getByText('Confirmed. Paid and waiting to be packed.')).toBeVisible();
}
