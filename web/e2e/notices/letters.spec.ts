// What an account does by letters: a forgotten password, an address that is confirmed, another address.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessible, inspect } from '../inspect';
import { expect, signUp, stranger, test } from '../shop';

const outbox = join(process.env.SHOP_DATA ?? '../data', 'outbox');

/** The address of the link in the newest letter to somebody that has one with this path. */
async function linkTo(email: string, path: string): Promise<string> {
	const found = () => {
		const letters = readdirSync(outbox).filter((name) => name.endsWith('.eml'));
		const texts = letters.sort().map((name) => readFileSync(join(outbox, name), 'utf8'));
		const plain = texts.map((text) => text.replace(/=\r?\n/g, '').replaceAll('=3D', '='));
		const own = plain.filter((text) => text.includes(email));
		const links = own.flatMap((text) => text.match(/https?:\/\/[^\s"<>]+/g) ?? []);
		return links.filter((link) => new URL(link).pathname === path).at(-1) ?? '';
	};
	await expect.poll(found, `a letter to ${email} with ${path}`).not.toBe('');
	const link = new URL(found());
	return link.pathname + link.hash;
}

test('who has forgotten the password chooses another one by the link of a letter', async ({
	page,
	context
}) => {
	const person = await signUp(page);
	await context.clearCookies();
	await page.evaluate(() => localStorage.clear());

	await page.goto('/sign-in');
	await page.getByRole('link', { name: 'Forgotten password?' }).click();
	await inspect(page, 'forgot-password');
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByRole('button', { name: 'Send the link' }).click();
	await expect(page.locator('main [role=status]')).toContainText('a letter is on its way');

	await page.goto(await linkTo(person.email, '/reset'));
	await expect(page).toHaveURL(/\/reset$/);
	await inspect(page, 'reset');
	await page.getByLabel('New password').fill('password123');
	await page.getByRole('button', { name: 'Change the password' }).click();
	await expect(page.getByText('nobody would guess first')).toBeVisible();
	const password = crypto.randomUUID();
	await page.getByLabel('New password').fill(password);
	await page.getByRole('button', { name: 'Change the password' }).click();
	await expect(page.locator('main [role=status]')).toContainText('Your password is changed');

	await page.getByRole('link', { name: 'Sign in' }).last().click();
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill(password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByRole('link', { name: 'Account', exact: true })).toBeVisible();
});

test('an address is confirmed by the link of a letter, once', async ({ page }) => {
	const person = await signUp(page);
	const link = await linkTo(person.email, '/verify');
	await page.goto(link);
	await accessible(page, 'an address to confirm');
	await page.getByRole('button', { name: 'Confirm' }).click();
	await expect(page.locator('main [role=status]')).toContainText('This address is yours');

	await page.goto('/');
	await page.goto(link);
	await page.getByRole('button', { name: 'Confirm' }).click();
	await expect(page.getByRole('alert')).toContainText('does not work any more');
});

test('another address waits for its letter', async ({ page }) => {
	await signUp(page);
	await page.goto('/account/security');
	const { email } = stranger();
	await page.getByLabel('New e-mail address').fill(email);
	await page.getByRole('button', { name: 'Change address' }).click();
	await expect(page.locator('main [role=status]')).toContainText(email);
	await page.goto(await linkTo(email, '/confirm'));
	await page.getByRole('button', { name: 'Confirm' }).click();
	await expect(page.locator('main [role=status]')).toContainText('This address is yours');
	await page.goto('/account');
	await expect(page.getByText(email)).toBeVisible();
});
