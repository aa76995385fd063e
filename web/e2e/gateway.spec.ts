// The operations page of the gateway, on the admin port.
import { inspect } from './inspect';
import { expect, test } from './shop';

const api = process.env.SHOP_API ?? 'http://localhost:8080';
const admin = process.env.SHOP_ADMIN ?? 'http://localhost:9080';

test('whoever looks after the gateway sees what it serves, and why it refused', async ({
	page,
	request
}) => {
	const refused = await request.get(`${api}/v1/me`);
	expect(refused.status()).toBe(401);

	await page.goto(`${admin}/admin`);
	const decisions = page.locator('#decisions tbody tr');
	const own = decisions.filter({ hasText: refused.headers()['x-request-id'] });
	for (const told of ['GET /v1/me', '401', 'permit', 'sign-in-required']) {
		await expect(own).toContainText(told);
	}
	await expect(page.getByRole('status')).toContainText('ready');

	const operations = page.locator('#operations tbody tr');
	const products = operations.filter({ hasText: 'list_products' });
	await expect(products).toBeVisible();
	await page.getByLabel('Find').fill('list_categories');
	await expect(products).toHaveCount(0);
	await page.getByLabel('Find').fill('list_products');
	for (let n = 0; n < 20; n += 1) await request.get(`${api}/v1/products`);
	await expect(products.locator('td').nth(2)).not.toHaveText('0.0');
	await page.getByLabel('Find').fill('');
	await inspect(page, 'gateway', async () => {
		await expect(products).toBeVisible();
	});
});
