// Every page that waits, fails or has nothing to show: it says so, and everybody can read it.
import { accessible, artifacts, inspect } from './inspect';
import { addToCart, expect, signIn, signUp, staff, test, type Page } from './shop';

/** What pages ask the shop for; signing in stays possible. */
const data = (url: URL) =>
	url.pathname.startsWith('/v1/') && !/^\/v1\/(sessions|images)/.test(url.pathname);

const nowhere = '00000000-0000-7000-8000-000000000000';

const everybodys: Record<string, string> = {
	home: '/',
	list: '/shop',
	product: '/product/monstera'
};
const shoppers: Record<string, string> = {
	cart: '/cart',
	checkout: '/checkout',
	account: '/account',
	orders: '/orders',
	order: `/order/${nowhere}`
};
const staffs: Record<string, string> = {
	'staff-products': '/staff',
	'staff-product': `/staff/product/${nowhere}`,
	'staff-orders': '/staff/orders'
};

/** A page that failed says so; once the shop is back, the same page goes on. */
async function fails(page: Page, name: string, path: string) {
	await page.route(data, (route) => route.abort());
	await page.goto(path);
	const alert = page.getByRole('alert').filter({ hasText: 'The shop cannot be reached' });
	await expect(alert.first()).toBeVisible();
	await inspect(page, `${name}-fails`);
	await page.unroute(data);
	await page.getByRole('button', { name: 'Try again' }).first().click();
	await expect(alert).toHaveCount(0);
}

/** A page that waits says what for. */
async function waits(page: Page, name: string, path: string) {
	await page.route(data, () => new Promise(() => undefined));
	await page.goto(path);
	await expect(page.getByRole('status').filter({ hasText: 'Loading' }).first()).toBeAttached();
	await expect(page.locator('.bone').first()).toBeVisible();
	await accessible(page, `${name} waits`);
	await page.screenshot({ path: `${artifacts}/${name}-waits.png` });
	await page.unrouteAll({ behavior: 'ignoreErrors' });
}

async function all(page: Page, pages: Record<string, string>) {
	test.setTimeout(240_000);
	for (const [name, path] of Object.entries(pages)) {
		await waits(page, name, path);
		await fails(page, name, path);
	}
}

test('pages of everybody wait and fail with words', async ({ page }) => {
	await all(page, everybodys);
});

test('pages of a shopper wait and fail with words', async ({ page }) => {
	await signUp(page);
	await all(page, shoppers);
});

test('pages of the staff wait and fail with words', async ({ page }) => {
	await signIn(page, staff());
	await all(page, staffs);
});

test('pages with nothing on them say so', async ({ page }) => {
	test.setTimeout(180_000);
	const empty = {
		'list-empty': ['/shop?q=xyzzyplugh', 'Nothing grows here yet'],
		'product-missing': ['/product/no-such-thing', 'This product does not grow here'],
		'not-found': ['/no/such/page', 'There is nothing here'],
		'cart-empty': ['/cart', 'Your cart is empty']
	};
	for (const [name, [path, words]] of Object.entries(empty)) {
		await page.goto(path ?? '');
		await expect(page.getByText(words ?? '').last()).toBeVisible();
		await inspect(page, name);
	}
});

test('pages of a shopper with nothing on them say so', async ({ page }) => {
	test.setTimeout(180_000);
	await signUp(page);
	const empty = {
		'account-empty': ['/account', 'You have not kept an address yet.'],
		'orders-empty': ['/orders', 'No orders yet'],
		'checkout-empty': ['/checkout', 'Your cart is empty'],
		'order-missing': [`/order/${nowhere}`, 'There is no such order'],
		'staff-refused': ['/staff', "For the shop's staff"]
	};
	for (const [name, [path, words]] of Object.entries(empty)) {
		await page.goto(path ?? '');
		await expect(page.getByText(words ?? '')).toBeVisible();
		await inspect(page, name);
	}
});

test('a search of the staff that finds nothing says so', async ({ page }) => {
	await signIn(page, staff());
	await page.goto('/staff?q=xyzzyplugh');
	await expect(page.getByText('No such product')).toBeVisible();
	await inspect(page, 'staff-empty');
});

test('a cart with more than there is says so, and does not go on to the checkout', async ({
	page
}) => {
	await addToCart(page, 'dutch-hoe');
	await page.goto('/cart');
	await page.getByRole('spinbutton', { name: 'Quantity' }).fill('99');
	await page.getByRole('spinbutton', { name: 'Quantity' }).press('Enter');
	await expect(page.getByText('Not available in this quantity')).toBeVisible();
	await expect(page.getByRole('link', { name: /check out/ })).toHaveCount(0);
	await inspect(page, 'cart-unavailable');
});

test('who signed in before and meets a silent shop is not taken for a stranger', async ({
	page
}) => {
	await signUp(page);
	await page.route('**/v1/sessions/refresh', (route) => route.abort());
	await page.goto('/orders');
	await expect(page.getByRole('alert')).toContainText('The shop cannot be reached');
	await accessible(page, 'a session that cannot be asked for');
	await page.unroute('**/v1/sessions/refresh');
	await page.getByRole('button', { name: 'Try again' }).click();
	await expect(page.getByText('No orders yet')).toBeVisible();
});

test('a site that cannot tell where its API is says so', async ({ page }) => {
	await page.route('**/config.json', (route) => route.abort());
	await page.goto('/');
	await expect(page.getByRole('alert')).toContainText('The shop cannot be reached');
	await inspect(page, 'closed');
});
