import { accessible } from './inspect';
import { addProduct, expect, follow, signIn, signUp, staff, test } from './shop';

// Each test changes a product of its own: a changed one has another version.

test('staff change a price, and the shop shows it', async ({ page, somebodyElse }) => {
	await signIn(page, staff());
	await page.goto(`/staff?q=${encodeURIComponent((await addProduct(5)).name)}`);
	await page.getByRole('listitem').getByRole('link').first().click();
	const price = page.getByLabel('Price in USD');
	await expect(price).toHaveValue(/\d/);
	const before = await price.inputValue();
	const after = before === '17.35' ? '18.45' : '17.35';
	await price.fill(after);
	await page.getByRole('button', { name: 'Save details' }).click();
	await expect(page.getByText('The details are saved.')).toBeVisible();
	const link = page.getByRole('link', { name: 'See it in the shop' });
	const href = (await link.getAttribute('href')) ?? '';

	const shopper = await somebodyElse();
	await shopper.goto(href);
	await expect(shopper.getByText(`$${after}`).first()).toBeVisible();
});

test('staff who were overtaken are told, and lose nothing of the other', async ({
	page,
	context
}) => {
	await signIn(page, staff());
	await page.goto(`/staff?q=${encodeURIComponent((await addProduct(5)).name)}`);
	await page.getByRole('listitem').getByRole('link').first().click();
	await expect(page.getByLabel('Price in USD')).toHaveValue(/\d/);
	const other = await context.newPage();
	await other.goto(page.url());
	await other.getByLabel('Pieces that can be sold').fill('41');
	await other.getByRole('button', { name: 'Save stock' }).click();
	await expect(other.getByText('The stock is saved.')).toBeVisible();

	await page.getByLabel('Pieces that can be sold').fill('7');
	await page.getByRole('button', { name: 'Save stock' }).click();
	await expect(page.getByText('This product changed after you opened it')).toBeVisible();
	await page.getByRole('button', { name: 'Read it again' }).click();
	await expect(page.getByLabel('Pieces that can be sold')).toHaveValue('41');
});

test('staff set a picture', async ({ page }) => {
	await signIn(page, staff());
	await page.goto(`/staff?q=${encodeURIComponent((await addProduct(5)).name)}`);
	await page.getByRole('listitem').getByRole('link').first().click();
	const picture = page.getByRole('img', { name: 'The picture now' });
	await expect(picture).toBeVisible();
	const drawn = await page.locator('h1').screenshot();
	await page
		.getByLabel('New picture')
		.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: drawn });
	await page.getByRole('button', { name: 'Save picture' }).click();
	await expect(page.getByText('The picture is saved.')).toBeVisible();
	await expect(picture).toHaveAttribute('srcset', /-96\.webp 96w/);
	await expect
		.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
		.toBeGreaterThan(0);
});

test('staff see what is wrong with a product, beside the field or above', async ({ page }) => {
	await signIn(page, staff());
	await page.goto(`/staff?q=${encodeURIComponent((await addProduct(5)).name)}`);
	await page.getByRole('listitem').getByRole('link').first().click();
	await expect(page.getByLabel('Price in USD')).toHaveValue(/\d/);
	await page.route('**/v1/products/*', (route) => {
		if (route.request().method() !== 'PATCH') return route.fallback();
		const errors = [
			{ pointer: '/category', detail: 'is none of ours' },
			{ pointer: '/attributes', detail: 'are too many' }
		];
		const document = { type: '/problems/invalid-body', title: 'A rule is broken', status: 422 };
		return route.fulfill({
			status: 422,
			headers: { 'access-control-allow-origin': new URL(page.url()).origin },
			contentType: 'application/problem+json',
			body: JSON.stringify({ ...document, errors })
		});
	});
	await page.getByRole('button', { name: 'Save details' }).click();
	await expect(page.getByRole('alert')).toContainText('These attributes cannot be saved');
	await expect(page.getByRole('alert')).not.toContainText('one of the categories');
	await expect(page.getByLabel('Category')).toHaveAccessibleDescription(
		'Please choose one of the categories.'
	);
	await expect(page.getByLabel('Category')).toBeFocused();
	await accessible(page, 'a product with faults');
});

test('staff who come back from a product find the list at its place', async ({ page }) => {
	await signIn(page, staff());
	await page.goto('/staff');
	const links = page.getByRole('main').getByRole('listitem').getByRole('link');
	await expect(links).toHaveCount(24);
	const place = await follow(links.nth(22));
	expect(place).toBeGreaterThan(300);
	await expect(page.getByLabel('Price in USD')).toHaveValue(/\d/);
	await page.goBack();
	await expect.poll(() => page.evaluate(() => scrollY)).toBe(place);
	await expect(links).toHaveCount(24);
});

test('shoppers are kept out of the staff pages', async ({ page }) => {
	await signUp(page);
	await page.goto('/staff');
	await expect(page.getByText("For the shop's staff")).toBeVisible();
});
