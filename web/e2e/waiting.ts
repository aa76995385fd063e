// Pages that wait for the shop, and pages that it fails.
import type { Locator } from '@playwright/test';
import { accessible, artifacts, inspect } from './inspect';
import { expect, test, type Page } from './shop';

/** Where a page is, and what only the loaded one has. */
export type Place = [path: string, loaded: (page: Page) => Locator];

/** What pages ask the shop for; signing in stays possible. */
export const data = (url: URL) =>
	url.pathname.startsWith('/v1/') && !/^\/v1\/(sessions|images)/.test(url.pathname);

/** A page that failed says so; once the shop is back, the same page goes on. */
async function fails(page: Page, name: string, [path, loaded]: Place) {
	await page.route(data, (route) => route.abort());
	await page.goto(path);
	const alert = page.getByRole('alert').filter({ hasText: 'The shop cannot be reached' });
	await expect(alert.first()).toBeVisible();
	await expect(loaded(page)).toHaveCount(0);
	await inspect(page, `${name}-fails`);
	await page.unroute(data);
	await page.getByRole('button', { name: 'Try again' }).first().click();
	await expect(loaded(page)).toBeVisible();
	await expect(alert).toHaveCount(0);
}

/** A page that waits says what for. */
async function waits(page: Page, name: string, [path]: Place) {
	await page.route(data, () => new Promise(() => undefined));
	await page.goto(path);
	await expect(page.getByRole('status').filter({ hasText: 'Loading' }).first()).toBeAttached();
	await expect(page.locator('.bone').first()).toBeVisible();
	await accessible(page, `${name} waits`);
	await page.screenshot({ path: `${artifacts}/${name}-waits.png` });
	await page.unrouteAll({ behavior: 'ignoreErrors' });
}

/** Each of these waits and fails with words. */
export async function waitAndFail(page: Page, pages: Record<string, Place>) {
	test.setTimeout(240_000);
	for (const [name, place] of Object.entries(pages)) {
		await waits(page, name, place);
		await fails(page, name, place);
	}
}
