// What is told of who looks at pages: without who it is, and nothing where somebody wants none.
import { inspect } from './inspect';
import { assortment, expect, signUp, test, type Page } from './shop';

/** What this page tells of clicks, as it leaves the browser. */
function listen(page: Page) {
	const calls: { headers: Record<string, string>; body: Record<string, unknown[]> }[] = [];
	page.on('request', (request) => {
		if (request.method() !== 'POST' || !request.url().endsWith('/v1/clicks')) return;
		calls.push({ headers: request.headers(), body: request.postDataJSON() });
	});
	return calls;
}

/** Looks at a page, a search and a product, and leaves the tab. */
async function lookAround(page: Page): Promise<void> {
	const { bought } = assortment();
	await page.goto('/shop');
	await page.getByRole('combobox', { name: 'Search the shop' }).fill(bought.name);
	await page.keyboard.press('Enter');
	await expect(page.getByRole('heading', { name: `Results for “${bought.name}”` })).toBeVisible();
	// The products of the list before stay until the search has answered.
	await expect(page.locator('.faded')).toHaveCount(0);
	await page.getByRole('article').getByRole('link').first().click();
	await expect(page.getByRole('button', { name: 'Add to cart' })).toBeVisible();
	// As when another tab comes to the front.
	await page.evaluate(() => {
		Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
		document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
	});
}

test('what a tab shows is told without who looks at it', async ({ page }) => {
	await signUp(page);
	const calls = listen(page);
	const heard = page.waitForResponse(
		(answer) => answer.url().endsWith('/v1/clicks') && answer.request().method() === 'POST'
	);

	await lookAround(page);

	expect((await heard).status()).toBe(202);
	const told = (kind: string) => calls.flatMap(({ body }) => body[kind] ?? []);
	await expect.poll(() => told('products')).toHaveLength(1);
	const routes = told('pages').map((seen) => (seen as { page: string }).page);
	expect(routes).toEqual(expect.arrayContaining(['/shop', '/product/[slug]']));
	expect(told('searches')).toMatchObject([{ words: assortment().bought.name }]);
	expect(new Set(calls.map(({ body }) => body.visit)).size).toBe(1);
	for (const { headers, body } of calls) {
		expect(headers).not.toHaveProperty('authorization');
		expect(headers).not.toHaveProperty('cookie');
		expect(Object.keys(body).sort()).toEqual(['pages', 'products', 'searches', 'visit']);
	}
});

test('whoever says no is not counted, in any tab and on no later day', async ({
	page,
	context
}) => {
	await page.goto('/privacy');
	const choice = page.getByLabel('Count what I look at');
	await expect(choice).toBeChecked();
	await choice.uncheck();
	await inspect(page, 'privacy-no');
	const other = await context.newPage();
	const calls = [listen(page), listen(other)];

	await lookAround(page);
	await lookAround(other);

	await page.waitForTimeout(6_000);
	expect(calls).toEqual([[], []]);
});

for (const [signal, value] of [
	['globalPrivacyControl', true],
	['doNotTrack', '1']
] as const) {
	test(`a browser that says ${signal} is not counted`, async ({ page }) => {
		await page.addInitScript(
			([signal, value]) => {
				Object.defineProperty(navigator, signal, { get: () => value });
			},
			[signal, value] as const
		);
		const calls = listen(page);

		await lookAround(page);

		await page.waitForTimeout(6_000);
		expect(calls).toEqual([]);
		await page.goto('/privacy');
		await expect(page.getByLabel('Count what I look at')).toBeDisabled();
		await expect(page.getByText('Your browser asks every site not to do this')).toBeVisible();
	});
}
