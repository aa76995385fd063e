// The pages where accounts are in a directory elsewhere: what is not kept here answers 404, a code may be asked for
// after the password at the step up, and a forgotten password is replaced by a code. Those answers are made here;
// `cargo xtask test cognito` shows that the shop gives them.
import { accessible, inspect } from './inspect';
import { expect, signUp, test, type Page } from './shop';

const problem = (slug: string, status: number, more: object = {}) => ({
	status,
	contentType: 'application/problem+json',
	body: { type: `/problems/${slug}`, title: slug, status, ...more }
});

type Answer = { status: number; contentType?: string; body?: object };

/** Answers in the shop's place; the first answers come first, the last one stays. */
async function answers(page: Page, path: string, ...all: Answer[]): Promise<void> {
	const origin = new URL(page.url()).origin;
	const headers = {
		'access-control-allow-origin': origin,
		'access-control-allow-credentials': 'true'
	};
	await page.route(`**${path}`, async (route) => {
		if (route.request().method() === 'OPTIONS') return route.continue();
		const [next = all[0]] = all.length > 1 ? all.splice(0, 1) : all;
		const { status, contentType = 'application/json', body } = next ?? { status: 500 };
		await route.fulfill({ status, headers, contentType, body: body && JSON.stringify(body) });
	});
}

test('what a directory elsewhere keeps is not shown, and its code is asked for at the step up', async ({
	page
}) => {
	const person = await signUp(page);
	const tokens = await page.request.post(`${process.env.SHOP_API ?? ''}/v1/sessions`, {
		data: { email: person.email, password: person.password }
	});
	await answers(page, '/v1/me/second-factors', problem('not-found', 404));
	await answers(page, '/v1/me/password', problem('step-up-required', 401), { status: 204 });
	const factors = { challenge: 'sealed', factors: ['totp'], expires_in: 300 };
	const asks = problem('second-factor-required', 401, factors);
	await answers(page, '/v1/sessions/current/step-up', asks);
	const body = (await tokens.json()) as object;
	const wrong = problem('wrong-code', 401);
	await answers(page, '/v1/sessions/second-factor', wrong, { status: 201, body });

	await page.goto('/account/security');
	await expect(page.getByRole('heading', { name: 'Password', exact: true })).toBeVisible();
	for (const name of ['Codes of an app', 'Passkeys', 'E-mail address', 'Where you are signed in']) {
		await expect(page.getByRole('heading', { name })).toHaveCount(0);
	}
	await inspect(page, 'security-elsewhere');
	await page.getByLabel('New password').fill('another long password');
	await page.getByRole('button', { name: 'Change password' }).click();
	await page.getByRole('textbox', { name: 'Password', exact: true }).fill(person.password);
	await page.getByRole('button', { name: 'Go on' }).click();
	await page.getByLabel('Code').fill('000000');
	await accessible(page, 'a code at the step up');
	await page.getByRole('button', { name: 'Go on' }).click();
	await expect(page.getByRole('alert')).toContainText('This code is not right');
	await page.getByLabel('Code').fill('287082');
	await page.getByRole('button', { name: 'Go on' }).click();

	await expect(page.getByText('Your password is changed.').first()).toBeAttached();
});

test('a forgotten password is replaced by the code of a letter', async ({ page }) => {
	await page.goto('/forgot-password');
	await answers(page, '/v1/password-resets/code', problem('wrong-code', 401), { status: 204 });
	await page.getByLabel('E-mail address').fill('rose@garden.example');
	await page.getByRole('button', { name: 'Send the link' }).click();
	await page.getByRole('link', { name: 'enter the code' }).click();
	await inspect(page, 'reset-by-code');
	await page.getByLabel('E-mail address').fill('rose@garden.example');
	await page.getByLabel('Code from our letter').fill('000000');
	await page.getByLabel('New password').fill('another long password');
	await page.getByRole('button', { name: 'Change the password' }).click();
	await expect(page.getByRole('alert')).toContainText('This code is not right');
	await page.getByLabel('Code from our letter').fill('654321');
	await page.getByRole('button', { name: 'Change the password' }).click();

	await expect(page.locator('main [role=status]')).toContainText('Your password is changed');
});
