import { accessible } from './inspect';
import { assortment, expect, signUp, stranger, test } from './shop';

test('a stranger causes no call about sessions', async ({ page }) => {
	const calls: string[] = [];
	page.on('request', (request) => calls.push(request.url()));
	await page.goto('/');
	await expect(page.getByRole('heading', { name: 'Loved right now' })).toBeVisible();
	await expect(page.getByRole('article').first()).toBeVisible();
	expect(calls.filter((url) => url.includes('/v1/sessions'))).toEqual([]);
});

test('a visitor stays signed in over reloads and tabs, and no token is kept', async ({
	page,
	context
}) => {
	await signUp(page);
	await page.reload();
	await expect(page.getByRole('link', { name: 'Account', exact: true })).toBeVisible();
	const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
	expect(kept).not.toContain('ey');

	const [first, ...others] = [await context.newPage(), await context.newPage(), page];
	const tabs = [first, ...others];
	await Promise.all(tabs.map((tab) => tab.goto('/account')));
	for (const tab of tabs) await expect(tab.getByRole('button', { name: 'Sign out' })).toBeVisible();

	await first.getByRole('button', { name: 'Sign out' }).click();
	for (const tab of tabs) {
		await expect(tab.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
	}
});

test('wrong passwords and taken addresses are told beside the form', async ({ page }) => {
	const person = await signUp(page);
	await page.goto('/account');
	await page.getByRole('button', { name: 'Sign out' }).click();
	await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();

	await page.goto('/sign-in');
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill('not the password');
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByRole('alert')).toContainText('E-mail address or password is wrong');

	await page.goto('/sign-up');
	await page.getByLabel('Name').fill('Rose');
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill(person.password);
	await page.getByRole('button', { name: 'Make the account' }).click();
	await expect(page.getByRole('alert')).toContainText('exists');
});

test('what is wrong with a sign-up is told for people, and the field has the focus', async ({
	page
}) => {
	await page.goto('/sign-up');
	await page.getByLabel('Name').fill('Rose');
	await page.getByLabel('E-mail address').fill('rose@localhost');
	await page.getByLabel('Password').fill('correct horse battery');
	await page.getByRole('button', { name: 'Make the account' }).click();
	const email = page.getByLabel('E-mail address');
	await expect(email).toHaveAccessibleDescription(/Please write a whole e-mail address/);
	await expect(email).toBeFocused();
	await expect(page.getByRole('alert')).toContainText('Please check what you typed');
	await expect(page.getByText('body')).toHaveCount(0);
	await accessible(page, 'a sign-up with a fault');
});

test('an account that was made without a sign-in says so and asks for it', async ({ page }) => {
	const person = stranger();
	await page.route('**/v1/sessions', (route) => route.abort());
	await page.goto('/sign-up?next=/account');
	await page.getByLabel('Name').fill(person.name);
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill(person.password);
	await page.getByRole('button', { name: 'Make the account' }).click();
	await expect(page.getByText('Your account is made.')).toBeVisible();
	await accessible(page, 'a sign-in after a sign-up');

	await page.unroute('**/v1/sessions');
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill(person.password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page).toHaveURL(/\/account$/);
	await expect(page.getByText('You have not kept an address yet.')).toBeVisible();
});

test('a refusal that says nothing of the session does not end it', async ({ page }) => {
	await signUp(page);
	const origin = { 'access-control-allow-origin': new URL(page.url()).origin };
	const headers = { ...origin, 'access-control-allow-credentials': 'true' };
	for (const [status, slug] of [
		[401, 'untrusted-caller'],
		[503, 'unavailable']
	] as const) {
		await page.route('**/v1/sessions/refresh', (route) => {
			const body = JSON.stringify({ type: `/problems/${slug}`, title: slug, status });
			return route.fulfill({ status, headers, contentType: 'application/problem+json', body });
		});
		await page.goto('/account');
		await expect(page.getByRole('alert')).toContainText('The shop cannot answer right now');
		await expect(page.getByRole('link', { name: 'Account', exact: true })).toBeVisible();
		await page.unroute('**/v1/sessions/refresh');
		await page.getByRole('button', { name: 'Try again' }).click();
		await expect(page.getByText('You have not kept an address yet.')).toBeVisible();
	}
});

test('a session that ended says so', async ({ page }) => {
	const person = await signUp(page);
	await page.goto('/account');
	await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
	await page.context().clearCookies();
	await page.reload();
	await expect(page.getByText('Your session has ended.')).toBeVisible();
	await accessible(page, 'a sign-in after a session ended');
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill(person.password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
	await expect(page).toHaveURL(/\/account$/);
});

for (const host of ['localhost', '127.0.0.1']) {
	test(`sign-in, cookies and pictures work under ${host}`, async ({ page, baseURL }) => {
		const site = new URL(baseURL ?? '');
		site.hostname = host;
		await page.goto(new URL('/sign-up', site).href);
		const unique = crypto.randomUUID();
		await page.getByLabel('Name').fill('Rose');
		await page.getByLabel('E-mail address').fill(`rose.${unique}@garden.example`);
		await page.getByLabel('Password').fill(unique);
		await page.getByRole('button', { name: 'Make the account' }).click();
		await expect(page.getByRole('link', { name: 'Account', exact: true })).toBeVisible();

		const { name, slug } = assortment().bought;
		await page.goto(new URL(`/product/${slug}`, site).href);
		await expect(page.getByRole('link', { name: 'Account', exact: true })).toBeVisible();
		const picture = page.getByRole('img', { name, exact: true });
		await expect
			.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
			.toBeGreaterThan(0);
	});
}

for (const [path, kept] of [
	['/sign-in', 'current-password'],
	['/sign-up', 'new-password']
] as const) {
	test(`a password is shown to who asks for it, on ${path}`, async ({ page }) => {
		await page.goto(path);
		const password = page.getByLabel('Password', { exact: true });
		await expect(password).toHaveAttribute('type', 'password');
		await password.fill('three or four words');
		await page.getByRole('button', { name: 'Show password' }).press('Enter');
		const hide = page.getByRole('button', { name: 'Hide password' });
		await expect(hide).toBeFocused();
		await expect(password).toHaveAttribute('type', 'text');
		await expect(password).toHaveAttribute('autocomplete', kept);
		await expect(password).toHaveValue('three or four words');
		await accessible(page, 'a password that is shown');

		await page.getByLabel('E-mail address').fill(stranger().email);
		if (path === '/sign-up') await page.getByLabel('Name').fill('Rose Gardener');
		await page.route('**/v1/**', (route) => route.abort());
		await password.press('Enter');
		await expect(page.getByRole('alert')).toContainText('The shop cannot be reached');
		await expect(password).toHaveAttribute('type', 'password');
	});
}
