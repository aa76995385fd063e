// Signing in by another provider: accounts that begin by it, accounts that were there before, and who turns back.
import type { Server } from 'node:http';
import { accessible, inspect } from './inspect';
import { asksForProof, expect, signUp, stranger, test, type Page } from './shop';
import { emailOf, openProvider } from './provider';

// One provider, on the one port that the shop knows.
test.describe.configure({ mode: 'default' });

let server: Server | undefined;

test.beforeAll(async ({ baseURL }) => {
	server = await openProvider(baseURL ?? '');
});

test.afterAll(() => {
	server?.close();
	server?.closeAllConnections();
});

/** A name at the provider that nobody has had. */
const newName = () => `rose.${crypto.randomUUID()}`;

/** Signs in on the provider's page, and lets the shop know who it is. */
async function asKnownThere(page: Page, name: string): Promise<void> {
	await page.getByPlaceholder('Enter any login').fill(name);
	await page.getByPlaceholder('and password').fill('anything');
	await page.getByRole('button', { name: 'Sign-in' }).click();
	await page.getByRole('button', { name: 'Continue' }).click();
}

/** From the sign-in to the provider's page. */
async function toProvider(page: Page, from = '/sign-in'): Promise<void> {
	await page.goto(from);
	await page.getByRole('button', { name: 'Continue with Example ID' }).click();
}

async function signOut(page: Page): Promise<void> {
	await page.goto('/account');
	await page.getByRole('button', { name: 'Sign out' }).click();
	await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
}

test('whoever has no account gets one, and signs in to it again', async ({ page }) => {
	const name = newName();
	await page.goto('/sign-in');
	await expect(page.getByRole('button', { name: 'Continue with Example ID' })).toBeVisible();
	await inspect(page, 'sign-in-providers');

	await toProvider(page, '/sign-up?next=%2Faccount');
	await asKnownThere(page, name);
	await expect(page.getByRole('heading', { name: 'Your account' })).toBeVisible();
	await expect(page.getByText(emailOf(name))).toBeVisible();
	expect(page.url()).not.toContain('code=');
	await signOut(page);

	// The provider remembers: nothing is typed this time.
	await toProvider(page, '/sign-in?next=%2Faccount');
	await expect(page.getByText(emailOf(name))).toBeVisible();

	// There is no password yet: it is the only way in.
	await page.goto('/account/security');
	await page.getByRole('button', { name: 'Unlink Example ID' }).click();
	await expect(page.getByText('This is the only way into your account')).toBeVisible();
	await inspect(page, 'security-providers');
});

test('who has no password proves at the provider once more who they are', async ({ page }) => {
	const name = newName();
	await toProvider(page, '/sign-up?next=%2Faccount%2Fsecurity');
	await asKnownThere(page, name);
	await expect(page.getByRole('button', { name: 'Add an app' })).toBeVisible();
	await asksForProof(page, '**/v1/me/totp');
	await page.getByRole('button', { name: 'Add an app' }).click();
	await expect(page.getByRole('dialog', { name: 'Is it you?' })).toBeVisible();
	await accessible(page, 'a proof by a provider');

	await page.getByRole('button', { name: 'Prove it with Example ID' }).click();
	// It is asked to ask, though it remembers.
	await page.getByPlaceholder('Enter any login').fill(name);
	await page.getByPlaceholder('and password').fill('anything');
	await page.getByRole('button', { name: 'Sign-in' }).click();

	await expect(page.getByText('Thank you. It is you: please go on.')).toBeVisible();
	await page.getByRole('button', { name: 'Add an app' }).click();
	await expect(page.getByLabel('Code of the app')).toBeVisible();
});

test('an account that is there is linked by its owner, and unlinked again', async ({ page }) => {
	const name = newName();
	const person = { ...stranger(), email: emailOf(name) };
	await signUp(page, person);
	await signOut(page);

	await toProvider(page);
	await asKnownThere(page, name);
	await expect(page.getByRole('heading', { name: 'Is this your account?' })).toBeVisible();
	await inspect(page, 'continue-sign-in');
	await page.getByRole('link', { name: 'Sign in' }).last().click();
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill(person.password);
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	await expect(page.getByText(person.email)).toBeVisible();
	await inspect(page, 'continue-consent');
	await page.getByRole('button', { name: 'Link Example ID' }).click();
	await expect(page.getByText('Example ID is linked to your account.')).toBeVisible();
	await signOut(page);

	await toProvider(page, '/sign-in?next=%2Faccount');
	await expect(page.getByText(person.email)).toBeVisible();
	await page.goto('/account/security');
	await expect(page.getByText(/last used/).first()).toBeVisible();
	await page.getByRole('button', { name: 'Unlink Example ID' }).click();
	await expect(page.getByText('Example ID is no longer linked.')).toBeVisible();
	await expect(page.getByRole('button', { name: 'Link Example ID' })).toBeVisible();
});

test('a signed-in person links it by the keyboard alone', async ({ page }) => {
	const name = newName();
	await signUp(page, { ...stranger(), email: emailOf(name) });
	await page.goto('/account/security');

	await page.getByRole('button', { name: 'Link Example ID' }).focus();
	await page.keyboard.press('Enter');
	await page.getByPlaceholder('Enter any login').fill(name);
	await page.getByPlaceholder('and password').fill('anything');
	await page.keyboard.press('Enter');
	await page.getByRole('button', { name: 'Continue' }).press('Enter');

	await expect(page.getByText('Example ID is linked to your account.')).toBeVisible();
	await expect(page.getByRole('button', { name: 'Unlink Example ID' })).toBeVisible();
});

test('an account of another address is not linked', async ({ page }) => {
	const person = await signUp(page);
	await page.goto('/account/security');
	await page.getByRole('button', { name: 'Link Example ID' }).click();
	await asKnownThere(page, newName());

	await expect(page.getByText('You have another e-mail address there')).toBeVisible();
	await accessible(page, 'another address');
	await page.goto('/account');
	await expect(page.getByText(person.email)).toBeVisible();
});

test('whoever turns back is where they were, and an unverified address makes no account', async ({
	page
}) => {
	await toProvider(page);
	await page.getByRole('link', { name: /Cancel/ }).click();
	await expect(page.getByRole('heading', { name: 'You turned back' })).toBeVisible();
	await inspect(page, 'continue-turned-back');
	await page.getByRole('link', { name: 'Back to the sign-in' }).click();

	await page.getByRole('button', { name: 'Continue with Example ID' }).click();
	await asKnownThere(page, `unverified.${crypto.randomUUID()}`);
	await expect(page.getByText('The other provider tells no verified e-mail address')).toBeVisible();
	await inspect(page, 'continue-refused');
});

test('what began in another browser does not end in this one', async ({ page, somebodyElse }) => {
	const thief = await somebodyElse();
	let sentBack = '';
	thief.on('request', (request) => {
		if (request.url().includes('/continue?')) sentBack = request.url();
	});
	await thief.route('**/v1/sessions/provider', (route) => route.abort());
	await toProvider(thief);
	await asKnownThere(thief, newName());
	await expect.poll(() => sentBack).toContain('code=');

	await page.goto(sentBack);

	await expect(page.getByText('This took too long')).toBeVisible();
	await page.goto('/');
	await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
});
