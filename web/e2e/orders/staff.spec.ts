// The staff's desk of orders.
import { accessible } from '../inspect';
import { expect, signIn, signUp, staff, test } from '../shop';
import { buy } from './buy';

test('staff ship an order, and its shopper sees it live', async ({ page, somebodyElse }) => {
	await buy(page);
	const heading = page.getByRole('heading', { name: /^Order T-/ });
	await expect(page.getByText('Live', { exact: true })).toBeVisible();
	const number = (await heading.textContent())?.replace('Order ', '') ?? '';

	const desk = await somebodyElse();
	await signIn(desk, staff());
	await desk.goto('/staff/orders?status=confirmed');
	const code = desk.getByLabel(`Tracking code of order ${number}`);
	await code.fill('1Z?');
	await desk.getByRole('button', { name: `Ship order ${number}` }).click();
	await expect(
		desk.getByText('A tracking code has 4 to 40 letters, digits and hyphens.')
	).toBeVisible();
	await expect(code).toBeFocused();
	await accessible(desk, 'a tracking code that is none');
	await code.fill('1Z-999-AA1');
	await code.press('Enter');
	await expect(desk.getByText(`Order ${number} is shipped.`)).toBeVisible();
	await expect(page.getByText('Shipped. It is on its way.')).toBeVisible();
	await expect(page.getByText('1Z-999-AA1')).toBeVisible();
	await expect(page.getByRole('button', { name: 'Cancel order' })).toBeHidden();
});

test('orders that could not be fetched are not those of the last filter', async ({
	page,
	somebodyElse
}) => {
	await buy(await somebodyElse());
	await signIn(page, staff());
	await page.goto('/staff/orders');
	const orders = page.getByRole('main').getByRole('listitem');
	await expect(orders.first()).toBeVisible();
	await page.route('**/v1/admin/orders?*', (route) => route.abort());
	await page.getByRole('link', { name: 'To ship' }).click();
	await expect(page.getByRole('alert')).toContainText('The shop cannot be reached');
	await expect(orders).toHaveCount(0);

	await page.unroute('**/v1/admin/orders?*');
	await page.getByRole('button', { name: 'Try again' }).click();
	await expect(page.getByRole('button', { name: /^Ship order/ }).first()).toBeVisible();
});

test('shoppers are kept out of the desk of orders', async ({ page }) => {
	await signUp(page);
	await page.goto('/staff/orders');
	await expect(page.getByText("For the shop's staff")).toBeVisible();
});
