// The cart's page: what is pressed quickly counts, and what is refused is put back.
import { accessible } from '../inspect';
import { expect, signUp, test, type Page } from '../shop';
import { addToCart } from './buy';

const item = '**/v1/cart/items/*';
const quantity = (page: Page) => page.getByRole('spinbutton', { name: 'Quantity' });

test('quick presses all count', async ({ page }) => {
	await signUp(page);
	await addToCart(page);
	await page.goto('/cart');
	await expect(quantity(page)).toHaveValue('1');
	const written: number[] = [];
	await page.route(item, async (route) => {
		if (route.request().method() !== 'PUT') return route.fallback();
		written.push((route.request().postDataJSON() as { quantity: number }).quantity);
		await new Promise((resolve) => setTimeout(resolve, 400));
		await route.continue();
	});
	const more = page.getByRole('button', { name: 'One more' });
	for (let press = 0; press < 4; press += 1) await more.click();
	await expect(quantity(page)).toHaveValue('5');
	await expect.poll(() => written.at(-1)).toBe(5);
	expect(written.length).toBeLessThan(4);

	await page.unrouteAll({ behavior: 'wait' });
	await page.reload();
	await expect(quantity(page)).toHaveValue('5');
});

test('a stranger may press quickly too', async ({ page }) => {
	await addToCart(page);
	await page.goto('/cart');
	await expect(quantity(page)).toHaveValue('1');
	const more = page.getByRole('button', { name: 'One more' });
	for (let press = 0; press < 4; press += 1) await more.click();
	await expect(quantity(page)).toHaveValue('5');
	await expect(page.getByRole('link', { name: 'Cart 5 pieces' })).toBeVisible();
});

test('a change that is refused does not stay in the field', async ({ page }) => {
	await signUp(page);
	await addToCart(page);
	await page.goto('/cart');
	await page.route(item, (route) => route.abort());
	await quantity(page).fill('7');
	await quantity(page).press('Enter');
	await expect(page.getByRole('alert')).toContainText('The shop cannot be reached');
	await expect(quantity(page)).toHaveValue('1');
});

test('adding adds to what another tab has put in', async ({ page, context }) => {
	await signUp(page);
	await addToCart(page);
	const other = await context.newPage();
	await addToCart(other);
	await addToCart(other);
	await other.close();

	await page.getByRole('button', { name: 'Add to cart' }).click();
	await expect(page.getByRole('link', { name: 'Cart 4 pieces' })).toBeVisible();
});

test('whoever removes the last line goes on at the heading', async ({ page }) => {
	await signUp(page);
	await addToCart(page);
	await page.goto('/cart');
	await page.getByRole('button', { name: /^Remove/ }).click();
	await expect(page.getByText('Your cart is empty')).toBeVisible();
	await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
});

for (const who of ['a shopper', 'a stranger']) {
	test(`${who} takes back what was removed, as many pieces`, async ({ page }) => {
		if (who === 'a shopper') await signUp(page);
		await addToCart(page);
		await page.goto('/cart');
		await quantity(page).fill('3');
		await quantity(page).press('Enter');
		await expect(page.getByRole('link', { name: 'Cart 3 pieces' })).toBeVisible();
		await page.getByRole('button', { name: /^Remove/ }).click();
		const message = page.getByRole('status').filter({ hasText: 'is out of your cart' });
		await expect(page.getByText('Your cart is empty')).toBeVisible();
		await accessible(page, 'what is said after removing');

		await message.getByRole('button', { name: 'Undo' }).press('Enter');
		await expect(page.getByRole('status').filter({ hasText: 'in your cart again' })).toBeVisible();
		await expect(quantity(page)).toHaveValue('3');
		await expect(page.getByRole('region', { name: 'Products in your cart' })).toBeFocused();
		await page.reload();
		await expect(quantity(page)).toHaveValue('3');
	});
}

test('what cannot be taken back is said', async ({ page }) => {
	await signUp(page);
	await addToCart(page);
	await page.goto('/cart');
	await page.getByRole('button', { name: /^Remove/ }).click();
	const undo = page.getByRole('button', { name: 'Undo' });
	await expect(undo).toBeVisible();
	await page.route(item, (route) => route.abort());
	await undo.click();
	await expect(page.getByRole('alert')).toContainText('The shop cannot be reached');
	await expect(undo).toHaveCount(0);
	await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
});
