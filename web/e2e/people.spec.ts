// Managers look after people: find somebody, give and take groups, end sessions, remove second factors.
import { accessible, inspect } from './inspect';
import { manager } from './people';
import { asksForProof, expect, signIn, signUp, staff, stranger, test } from './shop';

test('a manager makes somebody staff and takes it again, and their page follows', async ({
	page,
	somebodyElse
}) => {
	const rose = stranger();
	const other = await somebodyElse();
	await signUp(other, rose);

	await signIn(page, manager());
	await page.goto('/staff');
	await page.getByRole('link', { name: 'People' }).click();
	await page.getByLabel('How the address or the name begins').fill(rose.email.toUpperCase());
	await page.getByRole('button', { name: 'Search', exact: true }).click();
	await expect(page.getByText(rose.email)).toBeVisible();
	await inspect(page, 'staff-people');
	await page.getByRole('link', { name: rose.name }).click();
	await expect(page.getByText('Signed in on one device.')).toBeVisible();
	await page.getByLabel('Reason').fill('Works here from May');
	const button = page.getByRole('button', { name: 'Add to staff' });
	await button.focus();
	await button.press('Enter');
	await expect(page.getByText('“Works here from May”')).toBeVisible();
	await expect(page.getByRole('button', { name: 'Remove from staff' })).toBeFocused();
	await inspect(page, 'staff-person');

	await signIn(await somebodyElse(), rose);
	await expect(page.getByText('added to staff', { exact: true })).toBeVisible();
	await page.getByRole('button', { name: 'Remove from staff' }).press('Enter');
	await expect(page.getByText('removed from staff', { exact: true })).toBeVisible();
	await expect(page.getByText('Signed in on 0 devices.')).toBeVisible();
	// Whoever had it is signed out within seconds.
	await expect(async () => {
		await other.goto('/account');
		await expect(other.getByRole('heading', { name: 'Welcome back' })).toBeVisible({
			timeout: 2_000
		});
	}).toPass({ timeout: 15_000 });

	await page.getByRole('link', { name: 'Audit log' }).click();
	await expect(page.getByText('removed from staff', { exact: true }).first()).toBeVisible();
	await inspect(page, 'staff-audit');
});

test('a manager signs somebody out everywhere and is told what is not possible', async ({
	page,
	somebodyElse
}) => {
	const rose = stranger();
	await signUp(await somebodyElse(), rose);
	await signIn(page, manager());
	await page.goto(`/staff/people?q=${encodeURIComponent(rose.email)}`);
	await page.getByRole('link', { name: rose.name }).click();
	await page.getByRole('button', { name: 'Sign out everywhere' }).click();
	await expect(page.getByText('Signed in on 0 devices.')).toBeVisible();
	await expect(page.getByText('signed out everywhere', { exact: true })).toBeVisible();

	await page.goto(`/staff/people?q=${encodeURIComponent(manager().email)}`);
	await page.getByRole('link', { name: 'Mara Manager' }).click();
	await expect(page.getByText('This is your own account')).toBeVisible();
	await expect(page.getByRole('button', { name: 'Remove from managers' })).toHaveCount(0);
	await page.goto('/staff/people?q=nobody-is-called-so');
	await expect(page.getByText('Nobody is called so')).toBeVisible();
});

test('who signed in long ago proves once more who they are', async ({ page, somebodyElse }) => {
	const rose = stranger();
	await signUp(await somebodyElse(), rose);
	await signIn(page, manager());
	await page.goto(`/staff/people?q=${encodeURIComponent(rose.email)}`);
	await asksForProof(page, '**/v1/people/*/sessions');
	await page.getByRole('link', { name: rose.name }).click();
	await page.getByRole('button', { name: 'Sign out everywhere' }).click();
	await expect(page.getByRole('dialog', { name: 'Is it you?' })).toBeVisible();
	await accessible(page, 'a proof that a manager gives');
	await page.getByLabel('Password').fill(manager().password);
	await page.getByRole('button', { name: 'Go on' }).click();
	await expect(page.getByText('Signed in on 0 devices.')).toBeVisible();
});

test('staff who are no managers see no people', async ({ page }) => {
	await signIn(page, staff());
	await page.goto('/staff');
	await expect(page.getByRole('link', { name: 'Products', exact: true })).toBeVisible();
	await expect(page.getByRole('link', { name: 'People' })).toHaveCount(0);
	await page.goto('/staff/people');
	await expect(page.getByText("For the shop's managers")).toBeVisible();
	await accessible(page, 'people for who is no manager');
});
