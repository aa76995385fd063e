// Every page with what belongs on it, for everybody. When something is missing: states.spec.ts.
import { accessible, artifacts, inspect, settled } from './inspect';
import {
	assortment,
	begins,
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

test('the staff’s pages are for everybody', async ({ page }) => {
	test.setTimeout(180_000);
	await signIn(page, staff());
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
