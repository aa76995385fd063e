// What the browser tests share: a page that must not complain, people, and the ways through the shop.
import {
	test as base,
	expect,
	type BrowserContext,
	type Locator,
	type Page
} from '@playwright/test';
import { addProduct, assortment, setPrice, setStock } from './assortment';
import { staff, stranger, type Person } from './people';

export { addProduct, assortment, expect, setPrice, setStock, staff, stranger, type Page };

interface Watch {
	/** What went wrong on any page of the test. */
	complaints: string[];
	/** A page of somebody who shares nothing with the first one. */
	somebodyElse: () => Promise<Page>;
}

/** Pages under which nothing may break: no script error, nothing that the policy blocks. */
export const test = base.extend<Watch>({
	complaints: [
		async ({ context }, use) => {
			const complaints: string[] = [];
			listen(context, complaints);
			await use(complaints);
			expect(complaints).toEqual([]);
		},
		{ auto: true }
	],
	somebodyElse: async ({ browser, baseURL, complaints }, use) => {
		const others: BrowserContext[] = [];
		await use(async () => {
			const other = await browser.newContext({ baseURL });
			others.push(other);
			listen(other, complaints);
			return other.newPage();
		});
		await Promise.all(others.map((other) => other.close()));
	}
});

function listen(context: BrowserContext, complaints: string[]): void {
	context.on('weberror', (fault) => complaints.push(String(fault.error())));
	context.on('console', (message) => {
		if (message.text().includes('Content Security Policy')) complaints.push(message.text());
	});
}

export async function signUp(page: Page, person = stranger()): Promise<Person> {
	await page.goto('/sign-up');
	await page.getByLabel('Name').fill(person.name);
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill(person.password);
	await page.getByRole('button', { name: 'Make the account' }).click();
	await expect(page.getByRole('link', { name: 'Account', exact: true })).toBeVisible();
	return person;
}

export async function signIn(page: Page, person: Person): Promise<void> {
	await page.goto('/sign-in');
	await page.getByLabel('E-mail address').fill(person.email);
	await page.getByLabel('Password').fill(person.password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByRole('link', { name: 'Account', exact: true })).toBeVisible();
}

/** The next call there is answered as those are whose sender has signed in long ago. */
export async function asksForProof(page: Page, url: string): Promise<void> {
	const origin = new URL(page.url()).origin;
	const stale = {
		status: 401,
		headers: { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' },
		contentType: 'application/problem+json',
		body: JSON.stringify({ type: '/problems/step-up-required', title: 'stale', status: 401 })
	};
	await page.route(
		url,
		(route) => (route.request().method() === 'OPTIONS' ? route.continue() : route.fulfill(stale)),
		{ times: 1 }
	);
}

export async function fillAddress(page: Page): Promise<void> {
	await page.getByLabel('Street and number').fill('1 Orchard Lane');
	await page.getByLabel('Postal code').fill('97201');
	await page.getByLabel('City').fill('Portland');
	await page.getByLabel('State', { exact: true }).fill('OR');
}

/**
 * Follows a link by the keyboard; answers the place of the page at that moment. A click may scroll the
 * page once more before it is one: when what it aims at still moves, as a card does under the pointer.
 */
export async function follow(link: Locator): Promise<number> {
	await link.focus();
	const place = await link.evaluate(() => scrollY);
	await link.page().keyboard.press('Enter');
	return place;
}

/** What the search box offers. */
export function suggestions(page: Page): Locator {
	return page.getByRole('listbox', { name: 'Suggestions' }).getByRole('option');
}

/** The beginning of an accessible name, as it stands there. */
export function begins(name: string): RegExp {
	return new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`);
}
