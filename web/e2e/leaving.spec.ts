// Somebody downloads what the shop keeps of them, and deletes the account: with the keyboard alone.
import { readFileSync } from 'node:fs';
import { inspect } from './inspect';
import { expect, signUp, stranger, test, type Page } from './shop';

/** Goes to what has this name by the tabulator, and presses a key there. */
async function reach(page: Page, name: string, key: string): Promise<void> {
	const target = page.getByRole('button', { name, exact: true });
	for (let step = 0; step < 60; step++) {
		await page.keyboard.press('Tab');
		if (await target.evaluate((element) => element === document.activeElement)) {
			await page.keyboard.press(key);
			return;
		}
	}
	throw new Error(`${name} is not reached by the keyboard`);
}

test('what is kept is downloaded, and the account is deleted once its address is typed', async ({
	page,
	somebodyElse
}) => {
	const person = stranger();
	await signUp(page, person);
	await page.goto('/account');
	await page.getByRole('link', { name: 'Your data' }).press('Enter');
	await expect(page.getByRole('heading', { name: 'Your data' })).toBeVisible();
	await inspect(page, 'your-data');

	const [download] = await Promise.all([
		page.waitForEvent('download'),
		reach(page, 'Download', 'Enter')
	]);
	expect(download.suggestedFilename()).toBe('terrace-data.zip');
	const archive = readFileSync(await download.path());
	expect(archive.subarray(0, 2).toString()).toBe('PK');
	expect(archive.includes('account.json')).toBe(true);
	await expect(page.getByText('Your data is downloaded.')).toBeAttached();

	const address = page.getByLabel('Your e-mail address, to be sure');
	await address.focus();
	await page.keyboard.type('somebody@garden.example');
	await page.keyboard.press('Enter');
	await expect(page.getByText('This is not the address of your account.')).toBeVisible();
	await expect(address).toBeFocused();
	await inspect(page, 'delete-account-fault');
	await address.fill(person.email.toUpperCase());
	await reach(page, 'Delete my account', 'Space');

	await expect(page.getByRole('heading', { name: 'Your account is deleted' })).toBeVisible();
	await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
	await inspect(page, 'goodbye');
	const other = await somebodyElse();
	await other.goto('/sign-in');
	await other.getByLabel('E-mail address').fill(person.email);
	await other.getByLabel('Password').fill(person.password);
	await other.getByRole('button', { name: 'Sign in' }).click();
	await expect(other.getByRole('alert')).toContainText('E-mail address or password is wrong');
	// The address is free again.
	await signUp(other, person);
});

test('the last manager is told why they cannot leave', async ({ page }) => {
	const person = stranger();
	await signUp(page, person);
	await page.goto('/account/data');
	const origin = { 'access-control-allow-origin': new URL(page.url()).origin };
	await page.route('**/v1/me', (route) =>
		route.request().method() === 'DELETE'
			? route.fulfill({
					status: 409,
					headers: origin,
					contentType: 'application/problem+json',
					body: JSON.stringify({ type: '/problems/last-manager', title: 'last', status: 409 })
				})
			: route.continue()
	);
	await page.getByLabel('Your e-mail address, to be sure').fill(person.email);
	await page.getByRole('button', { name: 'Delete my account' }).click();
	await expect(page.getByRole('alert')).toContainText('This is the last manager');
	await page.reload();
	await expect(page.getByRole('heading', { name: 'Delete your account' })).toBeVisible();
});
