// Every page that waits, fails or has nothing to show: it says so, and everybody can read it.
import type { Locator } from '@playwright/test';
import { accessible, artifacts, inspect } from './inspect';
import {
	addProduct,
	addToCart,
	assortment,
	begins,
	buy,
	expect,
	signIn,
	signUp,
	staff,
	test,
	type Page
} from './shop';

/** Not among TypeScript's types yet: https://wicg.github.io/layout-instability/ */
type LayoutShift = PerformanceEntry & { value: number };

declare global {
	interface Window {
		shifts: number[];
	}
}

/** Where a page is, and what only the loaded one has. */
type Place = [path: string, loaded: (page: Page) => Locator];

/** What pages ask the shop for; signing in stays possible. */
const data = (url: URL) =>
	url.pathname.startsWith('/v1/') && !/^\/v1\/(sessions|images)/.test(url.pathname);

const nowhere = '00000000-0000-7000-8000-000000000000';

/** The pages of everybody. */
function everybodys(): Record<string, Place> {
	const { bought, category } = assortment();
	return {
		home: ['/', (page) => page.getByRole('link', { name: begins(category.name) })],
		list: ['/shop', (page) => page.getByRole('article').first()],
		product: [
			`/product/${bought.slug}`,
			(page) => page.getByRole('button', { name: 'Add to cart' })
		]
	};
}

const shoppers: Record<string, Place> = {
	cart: ['/cart', (page) => page.getByRole('spinbutton', { name: 'Quantity' })],
	checkout: ['/checkout', (page) => page.getByText(`1 × ${assortment().bought.name}`)],
	account: ['/account', (page) => page.getByText('You have not kept an address yet.')],
	orders: ['/orders', (page) => page.getByText('No orders yet')],
	order: [`/order/${nowhere}`, (page) => page.getByText('There is no such order')]
};

/** The pages of the staff, with a product and an order on them. */
function staffs(product: string): Record<string, Place> {
	return {
		'staff-products': ['/staff', (page) => page.getByRole('main').getByRole('listitem').first()],
		'staff-product': [product, (page) => page.getByRole('button', { name: 'Save details' })],
		'staff-orders': ['/staff/orders', (page) => page.getByRole('heading', { name: /T-/ }).first()]
	};
}

/** A page that failed says so; once the shop is back, the same page goes on. */
async function fails(page: Page, name: string, [path, loaded]: Place) {
	await page.route(data, (route) => route.abort());
	await page.goto(path);
	const alert = page.getByRole('alert').filter({ hasText: 'The shop cannot be reached' });
	await expect(alert.first()).toBeVisible();
	await expect(loaded(page)).toHaveCount(0);
	await inspect(page, `${name}-fails`);
	await page.unroute(data);
	await page.getByRole('button', { name: 'Try again' }).first().click();
	await expect(loaded(page)).toBeVisible();
	await expect(alert).toHaveCount(0);
}

/** A page that waits says what for. */
async function waits(page: Page, name: string, [path]: Place) {
	await page.route(data, () => new Promise(() => undefined));
	await page.goto(path);
	await expect(page.getByRole('status').filter({ hasText: 'Loading' }).first()).toBeAttached();
	await expect(page.locator('.bone').first()).toBeVisible();
	await accessible(page, `${name} waits`);
	await page.screenshot({ path: `${artifacts}/${name}-waits.png` });
	await page.unrouteAll({ behavior: 'ignoreErrors' });
}

async function all(page: Page, pages: Record<string, Place>) {
	test.setTimeout(240_000);
	for (const [name, place] of Object.entries(pages)) {
		await waits(page, name, place);
		await fails(page, name, place);
	}
}

test('pages of everybody wait and fail with words', async ({ page }) => {
	await all(page, everybodys());
});

test('pages of a shopper wait and fail with words', async ({ page }) => {
	await signUp(page);
	await addToCart(page);
	await all(page, shoppers);
});

test('pages of the staff wait and fail with words', async ({ page, somebodyElse }) => {
	await buy(await somebodyElse());
	await signIn(page, staff());
	await page.goto(`/staff?q=${encodeURIComponent(assortment().bought.name)}`);
	await page.getByRole('main').getByRole('listitem').getByRole('link').first().click();
	await expect(page).toHaveURL(/\/staff\/product\//);
	await all(page, staffs(new URL(page.url()).pathname));
});

test('pages with nothing on them say so', async ({ page }) => {
	test.setTimeout(180_000);
	const empty = {
		'list-empty': ['/shop?q=xyzzyplugh', 'Nothing found for “xyzzyplugh”'],
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
		'order-malformed': ['/order/not-an-id', 'There is no such order'],
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

test('a slow network shows the shop before its scripts are there', async ({ page }) => {
	let go = () => {};
	const slow = new Promise<void>((resolve) => (go = resolve));
	await page.route('**/_app/immutable/*.js', async (route) => {
		await slow;
		await route.continue();
	});
	await page.goto('/', { waitUntil: 'commit' });
	const waiting = page.locator('#waiting');
	await expect(waiting).toBeVisible();
	await expect(waiting).toContainText('Terrace');
	await page.screenshot({ path: `${artifacts}/first-paint.png` });
	go();
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
	await expect(waiting).toHaveCount(0);
});

test('what comes late moves nothing that stands already', async ({ page }) => {
	let go = () => {};
	await page.addInitScript(() => {
		const shifts = (window.shifts = [] as number[]);
		new PerformanceObserver((list) => {
			for (const shift of list.getEntries()) shifts.push((shift as LayoutShift).value);
		}).observe({ type: 'layout-shift', buffered: true });
	});
	for (const viewport of [
		{ width: 412, height: 823 },
		{ width: 1280, height: 800 }
	]) {
		await page.setViewportSize(viewport);
		for (const [name, [path, loaded]] of Object.entries(everybodys())) {
			const slow = new Promise<void>((resolve) => (go = resolve));
			await page.route(data, async (route) => {
				await slow;
				await route.continue();
			});
			await page.goto(path);
			await expect(page.locator('.bone').filter({ visible: true }).first()).toBeVisible();
			go();
			await expect(loaded(page)).toBeVisible();
			await expect(page.locator('.bone')).toHaveCount(0);
			await page.unroute(data);
			const moved = await page.evaluate(() => window.shifts.reduce((sum, one) => sum + one, 0));
			expect(moved, `${name}, ${String(viewport.width)} px wide`).toBeLessThan(0.01);
		}
	}
});

test('a site that goes away during a visit takes no page with it', async ({ page, context }) => {
	await page.goto('/');
	await expect(page.getByRole('article').first()).toBeVisible();
	const site = new URL(page.url()).origin;
	await context.route(`${site}/**`, (route) => route.abort());
	await page.getByRole('main').getByRole('link', { name: 'All products' }).click();
	await expect(page.getByRole('heading', { level: 1, name: 'All products' })).toBeVisible();
	await page.getByRole('article').first().getByRole('link').click();
	await expect(page.getByRole('button', { name: 'Add to cart' })).toBeVisible();
	await page.getByRole('link', { name: 'Sign in', exact: true }).click();
	await expect(page.getByRole('heading', { level: 1, name: 'Welcome back' })).toBeVisible();
});

test('a page that is none is a 404, and files come compressed', async ({ request }) => {
	for (const path of ['/no/such/page', '/product', '/order/1/2']) {
		expect((await request.get(path)).status(), path).toBe(404);
	}
	const page = await request.get('/product/anything');
	expect(page.status()).toBe(200);
	expect(page.headers()['link']).toContain('rel=preconnect');
	const script = /\/_app\/immutable\/[^"]+\.js/.exec(await page.text())?.[0] ?? '';
	expect((await request.get(script)).headers()['content-encoding']).toBe('br');
});

test('what is not there asks search engines to leave it out', async ({ page }) => {
	const robots = page.locator('meta[name="robots"]');
	for (const path of ['/product/no-such-thing', '/no/such/page']) {
		await page.goto(path);
		await expect(robots, path).toHaveAttribute('content', 'noindex');
	}
	await expect(page).toHaveTitle(/^There is nothing here/);

	await page.getByRole('main').getByRole('link', { name: 'See all products' }).click();
	await page.getByRole('article').first().getByRole('link').click();
	await expect(page.getByRole('button', { name: 'Add to cart' })).toBeVisible();
	await expect(robots).toHaveCount(0);
});

test('a phone finds the icons of the shop', async ({ page, request }) => {
	await page.goto('/sign-in');
	const apple = await page.locator('link[rel="apple-touch-icon"]').getAttribute('href');
	const manifest = (await (await request.get('/manifest.webmanifest')).json()) as {
		icons: { src: string; type: string; purpose: string }[];
	};
	const maskable = manifest.icons.find(({ purpose }) => purpose === 'maskable');
	for (const path of [apple, maskable?.src]) {
		const icon = await request.get(path ?? '/none');
		expect(icon.status(), path ?? 'none').toBe(200);
		expect(icon.headers()['content-type']).toBe('image/png');
	}
});

test('a botanical name that is the name is not said twice', async ({ page }) => {
	const { name, slug } = assortment().bought;
	let botanical_name = 'Testa testans';
	await page.route(`**/v1/products/${slug}`, async (route) => {
		const response = await route.fetch();
		await route.fulfill({ response, json: { ...(await response.json()), botanical_name } });
	});
	await page.goto(`/product/${slug}`);
	await expect(page.getByText('Testa testans')).toBeVisible();
	botanical_name = name;
	await page.reload();
	await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
	await expect(page.getByText('Testa testans')).toHaveCount(0);
	await expect(page.getByRole('main').getByText(name, { exact: true })).toHaveCount(1);
});

test('long words of the staff break nothing', async ({ page }) => {
	const product = await addProduct(5, `Testing ${'Donaudampfschifffahrts'.repeat(5)}`);
	await addToCart(page, product);
	await inspect(page, 'product-long-word');
	await page.goto('/cart');
	await inspect(page, 'cart-long-word');
});

test('a site that cannot tell where its API is says so', async ({ page }) => {
	await page.route('**/config.json', (route) => route.abort());
	await page.goto('/');
	await expect(page.getByRole('alert')).toContainText('The shop cannot be reached');
	await inspect(page, 'closed');
});
