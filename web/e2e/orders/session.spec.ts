// Carts and checkouts over sign-in, tabs, and sessions that end.
import { expect, fillAddress, signIn, signUp, stranger, test } from '../shop';
import { addToCart } from './buy';

test('the cart of a stranger joins the cart of the account', async ({ page }) => {
	const person = await signUp(page);
	await addToCart(page);
	await page.goto('/account');
	await page.getByRole('button', { name: 'Sign out' }).click();
	await expect(page.getByRole('link', { name: 'Cart', exact: true })).toBeVisible();

	await addToCart(page);
	await signIn(page, person);
	await expect(page.getByRole('link', { name: 'Cart 2 pieces' })).toBeVisible();
	await page.goto('/cart');
	await expect(page.getByRole('spinbutton', { name: 'Quantity' })).toHaveValue('2');
	await expect(page.locator('main img')).toHaveAttribute('src', /\/v1\/images\//);
});

test('a cart that cannot be read is no empty cart', async ({ page }) => {
	await signUp(page);
	await addToCart(page);
	await page.route('**/v1/**', (route) => route.abort());
	await page.goto('/cart');
	await expect(page.getByRole('alert')).toContainText('The shop cannot be reached');
	await expect(page.getByText('Your cart is empty')).toHaveCount(0);
	await page.unroute('**/v1/**');
	await page.getByRole('button', { name: 'Try again' }).click();
	await expect(page.getByRole('spinbutton', { name: 'Quantity' })).toHaveValue('1');
});

test('a browser that keeps no site data can use the whole shop', async ({ page }) => {
	await page.addInitScript(() => {
		const denied = () => {
			throw new DOMException('denied', 'SecurityError');
		};
		for (const name of ['localStorage', 'sessionStorage']) {
			Object.defineProperty(window, name, { get: denied });
		}
		Object.defineProperty(navigator.locks, 'request', {
			value: () => Promise.reject(new DOMException('denied', 'SecurityError'))
		});
		Object.defineProperty(window, 'BroadcastChannel', { value: denied });
	});
	await addToCart(page);
	await page.getByRole('link', { name: 'Go to cart' }).click();
	await expect(page.getByRole('spinbutton', { name: 'Quantity' })).toHaveValue('1');
	await page.getByRole('link', { name: 'Sign in and check out' }).click();
	await page.getByRole('link', { name: 'Make an account' }).click();
	const person = stranger();
	await page.getByLabel('Name').fill(person.name);
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill(person.password);
	await page.getByRole('button', { name: 'Make the account' }).click();
	await fillAddress(page);
	await page.getByRole('button', { name: /^Place order/ }).click();
	await expect(page.getByText('Confirmed. Paid and waiting to be packed.')).toBeVisible();
});

test('what one tab puts into the cart, the others count', async ({ page, context }) => {
	await signUp(page);
	await addToCart(page);
	const other = await context.newPage();
	await addToCart(other);
	await page.bringToFront();
	await expect(page.getByRole('link', { name: 'Cart 2 pieces' })).toBeVisible();
});

test('what was typed at the checkout is still there after a session that ended', async ({
	page
}) => {
	const person = await signUp(page);
	await addToCart(page);
	await page.goto('/checkout');
	await fillAddress(page);
	await page.context().clearCookies();
	await page.reload();
	await expect(page.getByText('Your session has ended.')).toBeVisible();
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill(person.password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByLabel('Street and number')).toHaveValue('1 Orchard Lane');

	await page.goto('/account');
	await page.getByRole('button', { name: 'Sign out' }).click();
	await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
	expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain('Orchard');
});
