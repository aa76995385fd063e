// An account over the years: another password, and other devices.
import { inspect } from './inspect';
import { expect, signUp, test } from './shop';

test('another password signs out the other devices', async ({ page, browser }) => {
	const person = await signUp(page);
	const phone = await (await browser.newContext()).newPage();
	await phone.goto('/sign-in');
	await phone.getByLabel('E-mail address').fill(person.email);
	await phone.getByLabel('Password').fill(person.password);
	await phone.getByRole('button', { name: 'Sign in' }).click();
	await expect(phone.getByRole('link', { name: 'Account', exact: true })).toBeVisible();

	await page.goto('/account/security');
	const devices = page.getByRole('region', { name: 'Where you are signed in' });
	await expect(devices.getByRole('listitem')).toHaveCount(2);
	await inspect(page, 'security');
	await page.getByLabel('New password').fill(crypto.randomUUID());
	await page.getByRole('button', { name: 'Change password' }).click();
	await expect(page.getByText('Your password is changed.')).toBeAttached();
	await page.reload();
	await expect(devices.getByRole('listitem')).toHaveCount(1);
	await phone.goto('/account');
	await expect(phone.getByText('Your session has ended')).toBeVisible();
});
