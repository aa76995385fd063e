// The staff see what is sold, and ask the database themselves.
import { accessible, inspect } from './inspect';
import { buy } from './orders/buy';
import { expect, signIn, staff, test } from './shop';

test('what is bought shows in the reports, as plots and as tables', async ({
	page,
	somebodyElse
}) => {
	await buy(await somebodyElse());
	await signIn(page, staff());
	await page.goto('/staff');
	await page.getByRole('link', { name: 'Reports' }).click();
	await expect(page.getByRole('heading', { name: 'Reports', exact: true })).toBeVisible();
	const plot = page.getByRole('img', { name: /^Revenue of each of 30 days/ });
	await expect(async () => {
		await page.reload();
		await expect(plot).toBeVisible({ timeout: 5_000 });
	}).toPass({ timeout: 30_000 });
	const today = new Date().toISOString().slice(0, 10);
	const days = page.getByRole('table', { name: 'Sales by day' });
	await expect(days.getByRole('row', { name: new RegExp(`^${today} [1-9]`) })).toBeVisible();
	await expect(page.getByRole('table', { name: 'Sales by category' })).toContainText('$');
	await expect(page.getByText(/orders were not cancelled/)).toBeVisible();
	await inspect(page, 'staff-reports');

	await page.getByRole('link', { name: '7 days' }).click();
	await expect(page).toHaveURL(/days=7/);
	await expect(page.getByRole('img', { name: /^Revenue of each of 7 days/ })).toBeVisible();
});

test('staff ask in SQL, and are told what the database says', async ({ page, somebodyElse }) => {
	await buy(await somebodyElse());
	await signIn(page, staff());
	await page.goto('/staff/reports');
	const sql = page.getByLabel('One select');
	await sql.fill("select 'fern' as name, 12 as pieces union all select 'moss', 7 order by 2");
	await page.getByRole('button', { name: 'Ask' }).click();
	const answer = page.getByRole('region', { name: 'Answer' });
	await expect(answer.getByRole('row')).toHaveText([/name\s*pieces/, /moss\s*7/, /fern\s*12/]);
	await inspect(page, 'staff-query');

	await sql.fill('drop table fact_orders');
	await page.getByRole('button', { name: 'Ask' }).click();
	await expect(page.getByRole('alert')).toContainText('The database does not answer this');
	await expect(answer).toHaveCount(0);
	await sql.fill('select no_such_column from fact_orders');
	await page.getByRole('button', { name: 'Ask' }).click();
	await expect(page.getByRole('alert')).toContainText('no_such_column');
	await accessible(page, 'a query that is refused');
});

test('reports that cannot be fetched are said so, and fetched again', async ({ page }) => {
	await signIn(page, staff());
	await page.route('**/v1/reports/summary?*', (route) => route.abort());
	await page.goto('/staff/reports');
	await expect(page.getByRole('alert')).toContainText('The shop cannot be reached');
	await page.unroute('**/v1/reports/summary?*');
	await page.getByRole('button', { name: 'Try again' }).click();
	await expect(page.getByText('Average order')).toBeVisible();
});
