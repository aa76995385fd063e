// Every page with what belongs on it, for everybody. When something is missing: states.spec.ts.
import { accessible, artifacts, inspect, settled } from './inspect';
import {
	addToCart,
	assortment,
	begins,
	buy,
	expect,
	fillAddress,
	signIn,
	signUp,
	staff,
	test,
	suggestions
} from './shop';

const open: Record<string, () => string> = {
	home: () => '/',
	list: () => '/shop',
	'list-search': () => `/shop?q=${encodeURIComponent(assortment().bought.name)}`,
	product: () => `/product/${assortment().bought.slug}`,
	'sign-in': () => '/sign-in',
	'sign-up': () => '/sign-up',
	privacy: () => '/privacy'
};

for (const [name, path] of Object.entries(open)) {
	test(`${name} is a page for everybody`, async ({ page }) => {
		await page.goto(path());
		await inspect(page, name);
	});
}

test('suggestions are for everybody', async ({ page }) => {
	await page.goto('/');
	await page
		.getByRole('combobox', { name: 'Search the shop' })
		.fill(assortment().bought.name.slice(0, -1));
	await expect(suggestions(page).first()).toBeVisible();
	await accessible(page, 'suggestions');
	await page.screenshot({ path: `${artifacts}/suggestions.png` });
});

test('the filters of a phone are for everybody', async ({ page }) => {
	const { category } = assortment();
	await page.setViewportSize({ width: 390, height: 844 });
	await page.goto(`/shop?category=${category.id}`);
	await page.getByText('Filters (1)').click();
	await expect(page.getByRole('radio', { name: begins(category.name) })).toBeChecked();
	await accessible(page, 'filters');
	await page.screenshot({ path: `${artifacts}/filters-phone.png`, fullPage: true });
});

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

test('an account and its addresses are for everybody', async ({ page }) => {
	test.setTimeout(120_000);
	await signUp(page);
	await page.goto('/account');
	await page.getByRole('button', { name: 'Add an address' }).click();
	await inspect(page, 'account-address');
	await fillAddress(page);
	await page.getByRole('button', { name: 'Save address' }).click();
	await expect(page.getByRole('button', { name: /^Edit the address/ })).toBeVisible();
	await inspect(page, 'account');
});

test('the staff’s pages are for everybody', async ({ page, browser, baseURL }) => {
	test.setTimeout(180_000);
	const shopper = await browser.newPage({ baseURL });
	await buy(shopper);
	await shopper.close();
	await signIn(page, staff());
	await page.goto('/staff/orders?status=confirmed');
	await expect(page.getByRole('button', { name: /^Ship order/ }).first()).toBeVisible();
	await inspect(page, 'staff-orders');
	await page.goto('/staff');
	await inspect(page, 'staff-products');
	await page.getByRole('listitem').getByRole('link').first().click();
	await expect(page.getByLabel('Price in USD')).toHaveValue(/\d/);
	await inspect(page, 'staff-product');
	await page.getByLabel('Price in USD').fill('a lot');
	await page.getByRole('button', { name: 'Save details' }).click();
	await expect(page.getByText('Please write a price from $0.01 to $100,000.00.')).toBeVisible();
	await expect(page.getByLabel('Price in USD')).toBeFocused();
	await inspect(page, 'staff-product-fault');
});

test('the README’s picture', async ({ page }) => {
	const path = process.env.SHOP_SCREENSHOT;
	test.skip(!path, 'made on demand: SHOP_SCREENSHOT=../docs/screenshot.png');
	await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
	await page.setViewportSize({ width: 1280, height: 800 });
	await page.goto('/');
	await settled(page);
	await page.screenshot({ path });
});
