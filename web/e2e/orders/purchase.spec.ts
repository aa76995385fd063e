import { accessible, inspect } from '../inspect';
import {
	addProduct,
	assortment,
	expect,
	fillAddress,
	setPrice,
	setStock,
	signUp,
	stranger,
	test,
	suggestions
} from '../shop';
import { addToCart } from './buy';

test('a stranger searches, signs up, buys, sees the order confirmed live, and cancels', async ({
	page
}) => {
	const { name } = assortment().bought;
	await page.goto('/');
	const search = page.getByRole('combobox', { name: 'Search the shop' });
	await search.fill(name.slice(0, -1));
	await expect(suggestions(page).filter({ hasText: name }).first()).toBeVisible();
	await search.press('Enter');
	await expect(page).toHaveURL(/\/shop\?q=/);
	await page.getByRole('link', { name, exact: true }).click();
	await page.getByRole('button', { name: 'One more' }).click();
	await page.getByRole('button', { name: 'Add to cart' }).click();
	await page.getByRole('link', { name: 'Go to cart' }).click();
	await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();

	await page.getByRole('link', { name: 'Sign in and check out' }).click();
	await page.getByRole('link', { name: 'Make an account' }).click();
	const person = stranger();
	await page.getByLabel('Name').fill(person.name);
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill(person.password);
	await page.getByRole('button', { name: 'Make the account' }).click();

	await expect(page).toHaveURL(/\/checkout/);
	await expect(page.getByText(`2 × ${name}`)).toBeVisible();
	await fillAddress(page);
	await page.getByRole('button', { name: /^Place order/ }).click();

	await expect(page.getByRole('heading', { name: /^Order T-/ })).toBeVisible();
	await expect(page.getByText('Confirmed. Paid and waiting to be packed.')).toBeVisible();
	await expect(page.getByText('Visa ending in 4242')).toBeVisible();
	await expect(page.getByRole('link', { name: 'Cart', exact: true })).toBeVisible();

	await page.getByRole('button', { name: 'Cancel order' }).click();
	await page.getByRole('button', { name: 'Yes, cancel it' }).click();
	await expect(page.getByText('Cancelled by you.')).toBeVisible();
	await expect(page.getByText('Refunded.')).toBeVisible();
});

test('an order of a silent card network is confirmed while the shopper watches', async ({
	page
}) => {
	await signUp(page);
	await addToCart(page);
	await page.goto('/checkout');
	await fillAddress(page);
	await page.getByText('A card network that does not answer').click();
	await page.getByRole('button', { name: /^Place order/ }).click();

	await expect(page.getByRole('heading', { name: /^Order T-/ })).toBeVisible({ timeout: 20_000 });
	await expect(page.getByText('Confirmed. Paid and waiting to be packed.')).toBeVisible({
		timeout: 40_000
	});
});

test('a declined card is explained, and another one buys what is still in the cart', async ({
	page
}) => {
	await signUp(page);
	await addToCart(page);
	await page.goto('/checkout');
	await fillAddress(page);
	await page.getByText('A card that is declined').click();
	await page.getByRole('button', { name: /^Place order/ }).click();
	await expect(page.getByRole('alert')).toContainText('The card was declined');

	await page.getByText('Mastercard ending in 4444').click();
	await page.getByRole('button', { name: /^Place order/ }).click();
	await expect(page.getByText('Confirmed. Paid and waiting to be packed.')).toBeVisible();
});

test('what is paid is what the button said, or the shop asks again', async ({ page }) => {
	// $80.00, shipped free; then $12.50, where shipping is due.
	const product = await addProduct(5);
	await setPrice(product, 8000);
	await signUp(page);
	await addToCart(page, product);
	await page.goto('/checkout');
	await fillAddress(page);
	const button = page.getByRole('button', { name: /^Place order · / });
	await expect(button).toContainText('$86.40');
	await setPrice(product, 1250);
	await button.click();
	const note = page.getByRole('alert');
	await expect(note).toContainText('The price has changed');
	await expect(note).toContainText(/was\s\$80\.00\s+and is now\s\$12\.50/);
	await expect(note).toContainText(/Total:\s+was\s\$86\.40\s+and is now/);
	await inspect(page, 'checkout-price-changed');
	await page.goto('/orders');
	await expect(page.getByText('No orders yet')).toBeVisible();

	await page.goto('/checkout');
	const total = (await button.textContent())?.replace('Place order · ', '').trim() ?? '';
	expect(total).not.toBe('$86.40');
	await button.click();
	await expect(page.getByText('Confirmed. Paid and waiting to be packed.')).toBeVisible();
	await expect(page.locator('.total')).toContainText(total);
});

test('a cart that cannot be had is not offered to be ordered again', async ({ page }) => {
	const product = await addProduct(5);
	await signUp(page);
	await addToCart(page, product);
	await page.goto('/checkout');
	await fillAddress(page);
	const button = page.getByRole('button', { name: /^Place order/ });
	await expect(button).toBeVisible();
	await setStock(product, 0);
	await button.click();
	await expect(page.getByRole('alert')).toContainText('Not everything is in stock');
	await expect(page.getByRole('alert')).toContainText(`${product.name} is not available`);
	await expect(page.getByRole('link', { name: 'Change your cart' })).toBeVisible();
	await expect(button).toHaveCount(0);
	await accessible(page, 'a checkout of what cannot be had');
});

test('an answer that is lost is asked for again and buys once', async ({ page }) => {
	await signUp(page);
	await addToCart(page);
	await page.goto('/checkout');
	await fillAddress(page);
	const keys: (string | undefined)[] = [];
	await page.route('**/v1/orders', async (route) => {
		if (route.request().method() !== 'POST') return route.fallback();
		keys.push(route.request().headers()['idempotency-key']);
		if (keys.length > 1) return route.fallback();
		await route.fetch();
		await route.abort();
	});
	await page.getByRole('button', { name: /^Place order/ }).click();
	await expect(page.getByText('We do not know yet how this went')).toBeVisible();

	await page.reload();
	await page.getByRole('button', { name: 'Ask again' }).click();
	await expect(page.getByRole('heading', { name: /^Order T-/ })).toBeVisible();
	expect(keys).toHaveLength(2);
	expect(keys[0]).toBe(keys[1]);

	await page.goto('/orders');
	await expect(page.getByRole('heading', { name: /^Order T-/ })).toHaveCount(1);
});

test('an order whose answer was lost is not bought again with a cart that changed', async ({
	page
}) => {
	await signUp(page);
	await addToCart(page);
	await page.goto('/checkout');
	await fillAddress(page);
	await page.route('**/v1/orders', async (route) => {
		if (route.request().method() !== 'POST') return route.fallback();
		await route.fetch();
		await route.abort();
	});
	await page.getByRole('button', { name: /^Place order/ }).click();
	await expect(page.getByText('We do not know yet how this went')).toBeVisible();
	await page.unroute('**/v1/orders');

	await addToCart(page);
	await addToCart(page);
	await page.goto('/checkout');
	await page.getByRole('button', { name: 'Ask again' }).click();
	await expect(page.getByText('Your order reached the shop before')).toBeVisible();
	await accessible(page, 'an order of another cart');
	await page.getByRole('main').getByRole('link', { name: 'See your orders' }).click();
	await expect(page.getByRole('heading', { name: /^Order T-/ })).toHaveCount(1);

	await page.goto('/checkout');
	await page.getByRole('button', { name: 'Ask again' }).click();
	await page.getByRole('button', { name: 'Order what is in the cart now' }).click();
	await expect(page.getByRole('button', { name: /^Place order/ })).toBeVisible();
});

test('an address is asked for as its country writes it', async ({ browser, baseURL }) => {
	const context = await browser.newContext({ baseURL, locale: 'de-DE' });
	const page = await context.newPage();
	await signUp(page);
	await addToCart(page);
	await page.goto('/checkout');
	await expect(page.getByLabel('Country')).toHaveValue('DE');
	await page.getByLabel('Street and number').fill('Gartenweg 1');
	await page.getByLabel('Postal code').fill('531');
	await page.getByLabel('City').fill('Bonn');
	await expect(page.getByLabel(/^(State|Province)/)).toHaveCount(0);
	await page.getByRole('button', { name: /^Place order/ }).click();
	await expect(page.getByLabel('Postal code')).toBeFocused();
	await page.getByLabel('Postal code').fill('53111');
	await page.getByRole('button', { name: /^Place order/ }).click();
	await expect(page.getByText('Confirmed. Paid and waiting to be packed.')).toBeVisible();
	await expect(page.getByText('53111')).toBeVisible();
	await context.close();
});

test('an address book that could not be read is no empty one', async ({ page }) => {
	await signUp(page);
	await addToCart(page);
	await page.goto('/account');
	await page.getByRole('button', { name: 'Add an address' }).click();
	await fillAddress(page);
	await page.getByRole('button', { name: 'Save address' }).click();
	await expect(page.getByText('The address is saved.')).toBeVisible();

	await page.route('**/v1/me/addresses', (route) => route.abort());
	await page.goto('/checkout');
	await expect(page.getByRole('alert')).toContainText('The shop cannot be reached');
	await expect(page.getByLabel('Street and number')).toBeVisible();
	await expect(page.getByLabel('Keep this address')).toHaveCount(0);
	await accessible(page, 'a checkout without the address book');

	await page.unroute('**/v1/me/addresses');
	await page.getByRole('button', { name: 'Try again' }).click();
	await expect(page.getByRole('radio', { name: /1 Orchard Lane/ })).toBeChecked();
});

test('a purchase needs nothing but a keyboard', async ({ page }) => {
	await signUp(page);
	await page.goto('/');
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
	await page.keyboard.press('Tab');
	await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();

	/** Presses Tab until what is wanted has the focus. */
	async function reach(wanted: ReturnType<typeof page.getByRole>) {
		await expect(wanted).toBeVisible();
		for (let presses = 0; presses < 80; presses += 1) {
			if (await wanted.evaluate((element) => element === document.activeElement)) return;
			await page.keyboard.press('Tab');
		}
		await expect(wanted).toBeFocused();
	}

	await reach(page.getByRole('combobox', { name: 'Search the shop' }));
	await page.keyboard.type(assortment().bought.name);
	await expect(suggestions(page).first()).toContainText(assortment().bought.name);
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Enter');
	await reach(page.getByRole('button', { name: 'Add to cart' }));
	await page.keyboard.press('Enter');
	await reach(page.getByRole('link', { name: 'Go to cart' }));
	await page.keyboard.press('Enter');
	await reach(page.getByRole('link', { name: 'Go to checkout' }));
	await page.keyboard.press('Enter');
	await reach(page.getByLabel('Street and number'));
	await page.keyboard.type('1 Orchard Lane');
	await reach(page.getByLabel('Postal code'));
	await page.keyboard.type('97201');
	await reach(page.getByLabel('City'));
	await page.keyboard.type('Portland');
	await reach(page.getByLabel('State', { exact: true }));
	await page.keyboard.type('OR');
	await reach(page.getByRole('radio', { name: /^Visa/ }));
	await page.keyboard.press('ArrowDown');
	await reach(page.getByRole('button', { name: /^Place order/ }));
	await page.keyboard.press('Enter');
	await expect(page.getByText('Confirmed. Paid and waiting to be packed.')).toBeVisible();
	await expect(page.getByText('Mastercard ending in 4444')).toBeVisible();
});
