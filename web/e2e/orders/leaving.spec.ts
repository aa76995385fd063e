// What becomes of somebody's orders when they leave.
import { readFileSync } from 'node:fs';
import { expect, signUp, stranger, test } from '../shop';
import { buy } from './buy';

test('orders are downloaded with the rest, and are nobody’s once their account is deleted', async ({
	page
}) => {
	const person = stranger();
	await buy(page, person);
	await page.goto('/account/data');
	const [download] = await Promise.all([
		page.waitForEvent('download'),
		page.getByRole('button', { name: 'Download' }).click()
	]);
	expect(readFileSync(await download.path()).includes('orders.json')).toBe(true);

	await page.getByLabel('Your e-mail address, to be sure').fill(person.email);
	await page.getByRole('button', { name: 'Delete my account' }).click();
	await expect(page.getByRole('heading', { name: 'Your account is deleted' })).toBeVisible();
	await expect(page.getByText('Orders that are still on their way')).toBeVisible();
	await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
	// The address is free again.
	await signUp(page, person);
	await page.goto('/orders');
	await expect(page.getByRole('heading', { name: 'No orders yet' })).toBeVisible();
});
