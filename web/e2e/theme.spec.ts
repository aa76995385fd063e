// Light, dark, or as the device is set: what was chosen holds from the first paint on.
import { expect, test, type Page } from './shop';

const dark = 'rgb(19, 26, 21)';
const light = 'rgb(246, 243, 234)';
const paper = (page: Page) => page.locator('html');
const choice = (page: Page) => page.getByLabel('Colours');

test('what was chosen goes over the device, in every tab, until it is taken back', async ({
	page,
	context
}) => {
	await page.emulateMedia({ colorScheme: 'light' });
	await page.goto('/');
	await expect(paper(page)).toHaveCSS('background-color', light);
	const other = await context.newPage();
	await other.goto('/shop');
	await choice(page).selectOption('Dark');
	for (const tab of [page, other]) {
		await expect(paper(tab)).toHaveCSS('background-color', dark);
		await expect(choice(tab)).toHaveValue('dark');
		await expect(tab.locator('meta[name="theme-color"][media="all"]')).toHaveAttribute(
			'content',
			'#131a15'
		);
	}
	await choice(other).selectOption('As this device');
	await expect(paper(page)).toHaveCSS('background-color', light);
	await page.emulateMedia({ colorScheme: 'dark' });
	await expect(paper(page)).toHaveCSS('background-color', dark);
});

test('a tab that is just starting hears what another one chose', async ({ page, context }) => {
	await page.emulateMedia({ colorScheme: 'light' });
	await page.goto('/');
	const other = await context.newPage();
	// It waits between reading what was chosen and listening to the others.
	await other.addInitScript(() => {
		const fetch = window.fetch;
		window.fetch = async (...call) => {
			if (String(call[0]).endsWith('/config.json'))
				await new Promise<void>((go) => Object.assign(window, { go }));
			return fetch(...call);
		};
	});
	await other.goto('/shop');
	await other.waitForFunction(() => 'go' in window);
	await choice(page).selectOption('Dark');
	await expect(paper(page)).toHaveCSS('background-color', dark);
	await other.evaluate(() => (window as unknown as { go: () => void }).go());
	await expect(choice(other)).toHaveValue('dark');
	await expect(paper(other)).toHaveCSS('background-color', dark);
});

test('no page is drawn in the other colours first', async ({ page }) => {
	await page.emulateMedia({ colorScheme: 'dark' });
	await page.goto('/sign-in');
	await choice(page).selectOption('Light');
	let go = () => {};
	const slow = new Promise<void>((resolve) => (go = resolve));
	await page.route('**/_app/immutable/*.js', async (route) => {
		await slow;
		await route.continue();
	});
	await page.goto('/shop', { waitUntil: 'commit' });
	await expect(page.locator('#waiting')).toBeVisible();
	await expect(paper(page)).toHaveCSS('background-color', light);
	go();
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
	await expect(choice(page)).toHaveValue('light');
});

test('colours can be chosen where site data is blocked', async ({ page }) => {
	await page.addInitScript(() => {
		Object.defineProperty(window, 'localStorage', {
			get: () => {
				throw new DOMException('blocked', 'SecurityError');
			}
		});
	});
	await page.goto('/');
	await choice(page).selectOption('Dark');
	await expect(paper(page)).toHaveCSS('background-color', dark);
});
