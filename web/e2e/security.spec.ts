// More than a password: an app's codes, passkeys, recovery codes, and the proof before they change.
import { createHmac } from 'node:crypto';
import { accessible, inspect } from './inspect';
import { asksForProof, expect, signUp, test, type Page } from './shop';
import type { Person } from './people';

/** The code that an app shows (RFC 6238); `steps` from now. */
function codeOf(secret: string, steps = 0): string {
	const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
	const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
	const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
	const tag = createHmac('sha1', key).update(counter).digest();
	const word = tag.readUInt32BE((tag[19] ?? 0) & 15) & 0x7fffffff;
	return String(word % 1_000_000).padStart(6, '0');
}

/** A device that makes and uses passkeys without asking anybody. */
async function device(page: Page): Promise<void> {
	const cdp = await page.context().newCDPSession(page);
	await cdp.send('WebAuthn.enable');
	await cdp.send('WebAuthn.addVirtualAuthenticator', {
		options: {
			protocol: 'ctap2',
			transport: 'internal',
			hasResidentKey: true,
			hasUserVerification: true,
			isUserVerified: true,
			automaticPresenceSimulation: true
		}
	});
}

async function signOut(page: Page): Promise<void> {
	await page.goto('/account');
	await page.getByRole('button', { name: 'Sign out' }).click();
	await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
}

async function sendPassword(page: Page, person: Person): Promise<void> {
	await page.goto('/sign-in');
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill(person.password);
	await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Adds an app: its secret, and the recovery codes. */
async function addApp(page: Page): Promise<{ secret: string; codes: string[] }> {
	await page.goto('/account/security');
	await page.getByRole('button', { name: 'Add an app' }).click();
	const secret = (await page.getByText(/^Key: /).innerText()).replace('Key: ', '').trim();
	await accessible(page, 'an app that is being added');
	await page.getByLabel('Code of the app').fill(codeOf(secret));
	await page.getByRole('button', { name: 'Add the app' }).click();
	await expect(page.getByRole('heading', { name: 'Keep your recovery codes' })).toBeFocused();
	return { secret, codes: await page.locator('.codes code').allInnerTexts() };
}

test('an app’s code is asked for after the password, and a recovery code does as well', async ({
	page
}) => {
	const person = await signUp(page);
	const { secret, codes } = await addApp(page);
	expect(codes).toHaveLength(10);
	await inspect(page, 'security-codes');
	await signOut(page);

	await sendPassword(page, person);
	await expect(page.getByText('One more step.')).toBeVisible();
	await inspect(page, 'sign-in-code');
	// That of now was used when the app was added; the phone may be half a minute ahead.
	await page.getByLabel('Code').fill(codeOf(secret, 1));
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByRole('link', { name: 'Account', exact: true })).toBeVisible();
	await signOut(page);

	await sendPassword(page, person);
	await page.getByLabel('Code').fill(codes[0] ?? '');
	await page.getByLabel('Code').press('Enter');
	await expect(page.getByRole('link', { name: 'Account', exact: true })).toBeVisible();
	await page.goto('/account/security');
	await expect(page.getByText('9 of 10 are left.')).toBeVisible();
});

test('a passkey signs in without typing anything, and is renamed and removed', async ({ page }) => {
	await device(page);
	await signUp(page);
	await page.goto('/account/security');
	await page.getByLabel('Name of the new passkey').fill('My phone');
	await page.getByRole('button', { name: 'Add a passkey' }).click();
	await page.getByRole('button', { name: 'I have kept them' }).click();
	await expect(page.locator('strong', { hasText: 'My phone' })).toBeVisible();
	await inspect(page, 'security-passkey');
	await signOut(page);

	await page.goto('/sign-in');
	// The browser may have offered it beside the address already, and the device says yes to all.
	const button = page.getByRole('button', { name: 'Use a passkey' });
	await button.click({ timeout: 5_000 }).catch(() => undefined);
	await expect(page.getByRole('link', { name: 'Account', exact: true })).toBeVisible();

	await page.goto('/account/security');
	await page.getByRole('button', { name: 'Rename My phone' }).click();
	await page.getByLabel('New name').fill('My laptop');
	await page.getByRole('button', { name: 'Save' }).click();
	await expect(page.locator('strong', { hasText: 'My laptop' })).toBeVisible();
	await page.getByRole('button', { name: 'Remove My laptop' }).click();
	await expect(page.locator('strong', { hasText: 'My laptop' })).toHaveCount(0);
});

test('who signed in long ago proves once more who they are', async ({ page }) => {
	const person = await signUp(page);
	await page.goto('/account/security');
	await asksForProof(page, '**/v1/me/totp');
	await page.getByRole('button', { name: 'Add an app' }).click();
	await expect(page.getByRole('heading', { name: 'Is it you?' })).toBeVisible();
	await inspect(page, 'step-up', async (there) => {
		await expect(there.getByRole('heading', { name: 'Is it you?' })).toBeVisible();
	});
	const password = page.getByRole('textbox', { name: 'Password', exact: true });
	await password.fill('not the password');
	await password.press('Enter');
	await expect(page.getByRole('alert')).toContainText('E-mail address or password is wrong');
	await password.fill(person.password);
	await password.press('Enter');
	await expect(page.getByLabel('Code of the app')).toBeVisible();
});
