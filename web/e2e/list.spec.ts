import type { Locator } from '@playwright/test';
import { accessible } from './inspect';
import { assortment, begins, expect, follow, test, suggestions, type Page } from './shop';

test('filters and order stand in the address and come back with it', async ({ page }) => {
	const { category, price } = assortment();
	await page.goto('/shop');
	await page.getByRole('radio', { name: begins(category.name) }).check();
	await expect(page.getByRole('heading', { level: 1, name: category.name })).toBeVisible();
	await page.getByLabel('Sort by').selectOption('Price, low to high');
	await page.getByLabel('Highest price').fill(String(price));
	await page.getByLabel('Highest price').press('Enter');
	await expect(page).toHaveURL(new RegExp(`max=${String(price)}`));
	await expect(page).toHaveURL(new RegExp(`category=${category.id}`));
	await expect(page).toHaveURL(/sort=price/);

	await page.reload();
	await expect(page.getByRole('radio', { name: begins(category.name) })).toBeChecked();
	await expect(page.getByLabel('Highest price')).toHaveValue(String(price));
	const prices = page.locator('.price');
	await expect(prices.first()).toBeVisible();
	const amounts = (await prices.allTextContents()).map((text) => Number(text.replace('$', '')));
	expect(amounts).toEqual([...amounts].sort((a, b) => a - b));
	expect(Math.max(...amounts)).toBeLessThanOrEqual(price);
});

/** Goes down a page, follows a link from there, comes back, and expects the same place. */
async function leavesAndComesBack(page: Page, link: Locator) {
	const place = await follow(link);
	expect(place).toBeGreaterThan(300);
	await expect(page).toHaveURL(/\/product\//);
	await expect(page.getByRole('heading', { level: 1 })).toBeInViewport();
	await page.goBack();
	await expect(link).toBeInViewport();
	await expect.poll(() => page.evaluate(() => scrollY)).toBe(place);
}

const sizes = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };

for (const [size, viewport] of Object.entries(sizes)) {
	test(`the way back leads to the same place of a page, on a ${size}`, async ({ page }) => {
		await page.setViewportSize(viewport);
		await page.goto('/');
		const products = page.getByRole('article');
		// Each section of the page comes by itself, and another card is the last when one has come.
		await expect(products.first()).toBeVisible();
		await expect(page.locator('.bone')).toHaveCount(0);
		await leavesAndComesBack(page, products.last().getByRole('link'));

		await page.goto('/shop');
		await expect(products).toHaveCount(24);
		await expect(
			page.getByRole('status').filter({ hasText: /^24 of \d+ products$/ })
		).toBeVisible();
		await leavesAndComesBack(page, products.nth(20).getByRole('link'));
		await page.getByRole('button', { name: 'Show more products' }).click();
		await expect(products).toHaveCount(48);
		await leavesAndComesBack(page, products.last().getByRole('link'));
		await expect(products).toHaveCount(48);
	});
}

test('the way back to another filter shows its products at their place', async ({ page }) => {
	await page.goto('/shop');
	const products = page.getByRole('article');
	await expect(products).toHaveCount(24);
	await page.getByLabel('Sort by').selectOption('Price, low to high');
	await expect(page).toHaveURL(/sort=price/);
	await expect(page.locator('.faded')).toHaveCount(0);
	const cheapest = await products.first().textContent();
	await leavesAndComesBack(page, products.nth(20).getByRole('link'));
	await page.goBack();
	await expect(page).toHaveURL(/\/shop$/);
	await page.goForward();
	await expect(products.first()).toHaveText(cheapest ?? '');
});

test('a price band has as many products as it says, and the way back leads out of it', async ({
	page
}) => {
	await page.goto('/shop');
	const bands = page.getByRole('list', { name: 'Prices' }).getByRole('link');
	const band = bands.last();
	const count = Number(/(\d+)\s+products?\s*$/.exec((await band.textContent()) ?? '')?.[1]);
	expect(count).toBeGreaterThan(0);
	await band.click();
	await expect(page).toHaveURL(/\/shop\?(min|max)=/);
	const told = count > 24 ? '24 of \\d+' : String(count);
	await expect(
		page.getByRole('status').filter({ hasText: RegExp(`^\\s*${told}\\s`) })
	).toBeVisible();
	await expect(page.getByRole('article')).toHaveCount(Math.min(count, 24));
	await expect(bands.and(page.locator('[aria-current]'))).toHaveCount(1);
	await accessible(page, 'a price band');

	await page.goBack();
	await expect(page).toHaveURL(/\/shop$/);
	await expect(page.getByRole('article')).toHaveCount(24);
	await expect(bands.and(page.locator('[aria-current]'))).toHaveCount(0);
	await bands.last().click();
	await bands.and(page.locator('[aria-current]')).click();
	await expect(page).toHaveURL(/\/shop$/);
});

test('the numbers beside categories are those under the other filters', async ({ page }) => {
	const { category } = assortment();
	const counted = page.waitForResponse(/\/v1\/facets\?.*in_stock=true/);
	await page.goto('/shop?in_stock=1&max=20');
	const facets = (await (await counted).json()) as {
		categories: { id: string; product_count: number }[];
	};
	const count = facets.categories.find(({ id }) => id === category.id)?.product_count ?? 0;
	const choice = page.getByRole('radio', { name: begins(category.name) });
	await expect(choice).toHaveAccessibleName(RegExp(` ${String(count)} products?$`));
	await choice.check();
	await expect(page.getByRole('article')).toHaveCount(count);
});

test('filters without numbers are filters', async ({ page }) => {
	const { category } = assortment();
	await page.route(/\/v1\/facets/, (route) => route.abort());
	await page.goto('/shop');
	await page.getByRole('radio', { name: category.name, exact: true }).check();
	await expect(page.getByRole('heading', { level: 1, name: category.name })).toBeVisible();
	await expect(page.getByRole('list', { name: 'Prices' })).toHaveCount(0);
	await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a price that cannot be read is told beside its field', async ({ page }) => {
	await page.goto('/shop');
	const lowest = page.getByLabel('Lowest price');
	await lowest.fill('ten');
	await lowest.press('Enter');
	await expect(lowest).toHaveAccessibleDescription('Write a price such as 12.50');
	await expect(page).toHaveURL(/\/shop$/);
	await accessible(page, 'a price that is none');

	await lowest.fill('10');
	await lowest.press('Enter');
	await expect(page).toHaveURL(/min=10/);
	await expect(page.getByText('Write a price such as')).toHaveCount(0);
});

test('a next page that fails late says nothing under another filter', async ({ page }) => {
	await page.goto('/shop');
	const products = page.getByRole('article');
	await expect(products).toHaveCount(24);
	let fail = () => {};
	const failed = new Promise<void>((resolve) => {
		void page.route(/\/v1\/products\?.*cursor=/, async (route) => {
			await new Promise<void>((late) => (fail = late));
			await route.abort();
			resolve();
		});
	});
	const asked = page.waitForRequest(/cursor=/);
	await page.getByRole('button', { name: 'Show more products' }).click();
	await asked;
	const { category } = assortment();
	await page.getByRole('radio', { name: begins(category.name) }).check();
	await expect(page.getByRole('heading', { level: 1, name: category.name })).toBeVisible();
	await expect(page.getByRole('status').filter({ hasText: /\d+\s+product/ })).toBeVisible();
	fail();
	await failed;
	await expect(page.getByRole('alert')).toHaveCount(0);
	await expect(products.first()).toBeVisible();
});

/** The longest word of what is bought, in small letters. */
function longestWord(): string {
	const words =
		assortment()
			.bought.name.toLowerCase()
			.match(/[a-z]{4,}/g) ?? [];
	return words.sort((a, b) => b.length - a.length)[0] ?? '';
}

test('a word is completed by the keyboard', async ({ page }) => {
	const word = longestWord();
	await page.goto('/');
	const search = page.getByRole('combobox', { name: 'Search the shop' });
	await search.fill(word.slice(0, -1));
	const option = suggestions(page).filter({ hasText: new RegExp(`^\\s*${word}\\s*$`) });
	await expect(option).toBeVisible();
	await expect(page.getByRole('search').getByRole('status')).toHaveText(/^\d+ suggestions?$/);
	while ((await option.getAttribute('aria-selected')) !== 'true') await search.press('ArrowDown');
	const id = await option.getAttribute('id');
	await expect(search).toHaveAttribute('aria-activedescendant', id ?? '');
	await accessible(page, 'a chosen suggestion');
	await search.press('Enter');
	await expect(page).toHaveURL(new RegExp(`/shop\\?q=${word}$`));
	await expect(page.getByRole('article').first()).toBeVisible();
	await expect(search).toHaveAttribute('aria-expanded', 'false');
});

test('whoever does not wait for suggestions searches all the same', async ({ page }) => {
	const word = longestWord();
	await page.goto('/');
	await page.route(/\/v1\/suggestions/, () => new Promise(() => {}));
	const search = page.getByRole('combobox', { name: 'Search the shop' });
	const asked = page.waitForRequest(/\/v1\/suggestions/);
	await search.fill(word);
	await asked;
	await search.press('Enter');
	await expect(page).toHaveURL(new RegExp(`/shop\\?q=${word}$`));
	await expect(page.getByRole('article').first()).toBeVisible();
	await expect(search).toHaveAttribute('aria-expanded', 'false');
});

test('suggestions are shown without those that fail', async ({ page }) => {
	const { name } = assortment().bought;
	await page.route(/\/v1\/suggestions/, (route) => route.abort());
	await page.goto('/');
	await page.getByRole('combobox', { name: 'Search the shop' }).fill(name);
	await expect(suggestions(page).first()).toContainText(name);
});

test('an empty search box suggests nothing of the last search', async ({ page }) => {
	await page.goto('/');
	const search = page.getByRole('combobox', { name: 'Search the shop' });
	await search.fill(assortment().bought.name);
	await expect(suggestions(page).first()).toContainText(assortment().bought.name);
	await suggestions(page).first().click();
	await expect(page).toHaveURL(/\/product\//);
	await expect(search).toHaveValue('');
	await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link').first().focus();
	await search.focus();
	await expect(search).toHaveAttribute('aria-expanded', 'false');
	await expect(suggestions(page)).toHaveCount(0);
});

test('a page that is reloaded before its answer came shows that answer, not the list before', async ({
	page
}) => {
	await page.goto('/shop');
	const products = page.getByRole('article');
	await expect(products).toHaveCount(24);
	let isSecond = false;
	const { category } = assortment();
	const filtered = new RegExp(`/v1/products\\?.*category=${category.id}`);
	await page.route(filtered, async (route) => {
		if (isSecond) await route.continue();
		isSecond = true;
	});
	const asked = page.waitForRequest(filtered);
	await page.getByRole('radio', { name: begins(category.name) }).check();
	await asked;
	await expect(page).toHaveURL(new RegExp(`category=${category.id}`));

	await page.reload();
	await expect(page.getByRole('heading', { level: 1, name: category.name })).toBeVisible();
	await expect(products.first()).toBeVisible();
	await expect(products).not.toHaveCount(24);
});

test('a search that finds nothing shows ways on', async ({ page }) => {
	const { category, bought } = assortment();
	const main = page.getByRole('main');
	await page.goto(`/shop?q=${encodeURIComponent(bought.name)}&max=0.01`);
	await expect(main.getByText(`Nothing found for “${bought.name}”`)).toBeVisible();
	await main.getByRole('link', { name: 'Clear all filters' }).click();
	await expect(main.getByRole('article').first()).toContainText(bought.name);

	await page.goto('/shop?q=xyzzyplugh');
	await main.getByRole('list', { name: 'Categories' }).getByText(category.name).click();
	await expect(page.getByRole('heading', { level: 1, name: category.name })).toBeVisible();
	await expect(main.getByRole('article').first()).toBeVisible();
});
