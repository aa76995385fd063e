// Every page, light and dark, on a phone and on a desktop: no accessibility fault, and a picture.
import AxeBuilder from '@axe-core/playwright';
import { addToCart, expect, fillAddress, signIn, signUp, staff, test, type Page } from './shop';

const artifacts = 'e2e/artifacts';
const sizes = {
	phone: { width: 390, height: 844 },
	desktop: { width: 1280, height: 800 }
} as const;

/** Waits until nothing is a placeholder any more. */
async function settled(page: Page) {
	await expect(page.locator('h1').first()).toBeAttached();
	await expect(page.locator('.bone')).toHaveCount(0);
	await page.evaluate(async () => {
		const images = [...document.images].filter((image) => image.loading !== 'lazy');
		await Promise.all(images.map((image) => image.decode().catch(() => undefined)));
		await document.fonts.ready;
	});
}

async function inspect(page: Page, name: string) {
	for (const scheme of ['light', 'dark'] as const) {
		await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
		for (const [size, viewport] of Object.entries(sizes)) {
			await page.setViewportSize(viewport);
			await settled(page);
			const { violations } = await new AxeBuilder({ page }).analyze();
			const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join()}`);
			expect.soft(found, `${name}, ${scheme}, ${size}`).toEqual([]);
			const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
			expect.soft(wide, `${name} scrolls sideways, ${size}`).toBeLessThanOrEqual(0);
			await page.screenshot({ path: `${artifacts}/${name}-${size}-${scheme}.png`, fullPage: true });
		}
	}
	await page.emulateMedia({ colorScheme: null });
	await page.setViewportSize(sizes.desktop);
}

const open: Record<string, string> = {
	home: '/',
	list: '/shop',
	'list-search': '/shop?q=lavender',
	'list-empty': '/shop?q=xyzzyplugh',
	product: '/product/monstera',
	'product-missing': '/product/no-such-thing',
	'sign-in': '/sign-in',
	'sign-up': '/sign-up',
	'cart-empty': '/cart',
	'not-found': '/no/such/page'
};

for (const [name, path] of Object.entries(open)) {
	test(`${name} is a page for everybody`, async ({ page }) => {
		await page.goto(path);
		await inspect(page, name);
	});
}

test('suggestions are for everybody', async ({ page }) => {
	await page.goto('/');
	await page.getByRole('combobox', { name: 'Search the shop' }).fill('lav');
	await expect(page.getByRole('option').first()).toBeVisible();
	const { violations } = await new AxeBuilder({ page }).analyze();
	expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
	await page.screenshot({ path: `${artifacts}/suggestions.png` });
});

test('a shopper’s pages are for everybody', async ({ page }) => {
	test.setTimeout(180_000);
	await addToCart(page, 'monstera');
	await page.goto('/cart');
	await inspect(page, 'cart-stranger');
	await signUp(page);
	await page.goto('/account');
	await inspect(page, 'account');
	await page.goto('/orders');
	await inspect(page, 'orders-empty');
	await page.goto('/cart');
	await inspect(page, 'cart');
	await page.goto('/checkout');
	await inspect(page, 'checkout');
	await fillAddress(page);
	await page.getByText('A card that is declined').click();
	await page.getByRole('button', { name: /^Place order/ }).click();
	await expect(page.getByText('Nothing was bought.')).toBeVisible();
	await inspect(page, 'checkout-declined');
	await page.getByText('Visa ending in 4242').click();
	await page.getByRole('button', { name: /^Place order/ }).click();
	await expect(page.getByText('Confirmed. Paid and waiting to be packed.')).toBeVisible();
	await inspect(page, 'order');
	await page.goto('/orders');
	await inspect(page, 'orders');
	await page.goto('/staff');
	await inspect(page, 'staff-refused');
});

test('the staff’s pages are for everybody', async ({ page }) => {
	test.setTimeout(120_000);
	await signIn(page, staff());
	await page.goto('/staff');
	await inspect(page, 'staff-products');
	await page.getByRole('listitem').getByRole('link').first().click();
	await expect(page.getByLabel('Price in USD')).toHaveValue(/\d/);
	await inspect(page, 'staff-product');
	await page.goto('/staff/orders');
	await inspect(page, 'staff-orders');
});

test('the README’s picture', async ({ page }) => {
	test.skip(process.env.UPDATE_SCREENSHOT !== '1', 'made on demand: UPDATE_SCREENSHOT=1');
	await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
	await page.setViewportSize({ width: 1280, height: 900 });
	await page.goto('/');
	await settled(page);
	await page.screenshot({ path: '../docs/screenshot.png' });
});
