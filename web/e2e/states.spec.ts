// Every page that waits, fails or has nothing to show: it says so, and everybody can read it.
import { accessible, artifacts, inspect } from './inspect';
import { addProduct, assortment, begins, expect, signIn, signUp, staff, test } from './shop';
import { data, waitAndFail, type Place } from './waiting';

/** Not among TypeScript's types yet: https://wicg.github.io/layout-instability/ */
type LayoutShift = PerformanceEntry & { value: number };

declare global {
	interface Window {
		shifts: number[];
	}
}

/** The pages of everybody. */
function everybodys(): Record<string, Place> {
	const { bought, category } = assortment();
	return {
		home: ['/', (page) => page.getByRole('link', { name: begins(category.name) })],
		list: ['/shop', (page) => page.getByRole('article').first()],
		product: [
			`/product/${bought.slug}`,
			(page) => page.getByRole('heading', { level: 1, name: bought.name })
		]
	};
}

const shoppers: Record<string, Place> = {
	account: ['/account', (page) => page.getByText('You have not kept an address yet.')]
};

/** The pages of the staff, with a product on them. */
function staffs(product: string): Record<string, Place> {
	return {
		'staff-products': ['/staff', (page) => page.getByRole('main').getByRole('listitem').first()],
		'staff-product': [product, (page) => page.getByRole('button', { name: 'Save details' })]
	};
}

test('pages of everybody wait and fail with words', async ({ page }) => {
	await waitAndFail(page, everybodys());
});

test('pages of a shopper wait and fail with words', async ({ page }) => {
	await signUp(page);
	await waitAndFail(page, shoppers);
});

test('pages of the staff wait and fail with words', async ({ page }) => {
	await signIn(page, staff());
	await page.goto(`/staff?q=${encodeURIComponent(assortment().bought.name)}`);
	await page.getByRole('main').getByRole('listitem').getByRole('link').first().click();
	await expect(page).toHaveURL(/\/staff\/product\//);
	await waitAndFail(page, staffs(new URL(page.url()).pathname));
});

test('pages with nothing on them say so', async ({ page }) => {
	test.setTimeout(180_000);
	const empty = {
		'list-empty': ['/shop?q=xyzzyplugh', 'Nothing found for “xyzzyplugh”'],
		'product-missing': ['/product/no-such-thing', 'This product does not grow here'],
		'not-found': ['/no/such/page', 'There is nothing here']
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

test('who signed in before and meets a silent shop is not taken for a stranger', async ({
	page
}) => {
	await signUp(page);
	await page.route('**/v1/sessions/refresh', (route) => route.abort());
	await page.goto('/account');
	await expect(page.getByRole('alert')).toContainText('The shop cannot be reached');
	await accessible(page, 'a session that cannot be asked for');
	await page.unroute('**/v1/sessions/refresh');
	await page.getByRole('button', { name: 'Try again' }).click();
	await expect(page.getByText('You have not kept an address yet.')).toBeVisible();
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
	await expect(page.getByRole('navigation', { name: 'Breadcrumb' })).toBeVisible();
	await page.getByRole('link', { name: 'Sign in', exact: true }).click();
	await expect(page.getByRole('heading', { level: 1, name: 'Welcome back' })).toBeVisible();
});

test('a page that is none is a 404, and files come compressed', async ({ request }) => {
	for (const path of ['/no/such/page', '/product', '/product/1/2']) {
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
	await expect(page.getByRole('navigation', { name: 'Breadcrumb' })).toBeVisible();
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
	await page.goto(`/product/${product.slug}`);
	await expect(page.getByRole('heading', { level: 1, name: product.name })).toBeVisible();
	await inspect(page, 'product-long-word');
});

test('a site that cannot tell where its API is says so', async ({ page }) => {
	await page.route('**/config.json', (route) => route.abort());
	await page.goto('/');
	await expect(page.getByRole('alert')).toContainText('The shop cannot be reached');
	await inspect(page, 'closed');
});
