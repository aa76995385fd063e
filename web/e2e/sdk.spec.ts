// The client of the API as others use it, on a page of another origin than the API's: what it needs to see of answers
// there, it sees.
import { readFile } from 'node:fs/promises';
import ts from 'typescript';
import type { Settings, Terrace } from '../src/lib/api/generated';
import { expect, stranger, test, type Page } from './shop';

const url = process.env.SHOP_API ?? 'http://localhost:8080';
const sources = new URL('../src/lib/api/generated/', import.meta.url);

/** The client's files as the site's own, so that its policy lets them in. */
async function bring(page: Page): Promise<void> {
	await page.route('**/sdk/*.js', async (route) => {
		const name = new URL(route.request().url()).pathname.split('/').pop() ?? '';
		const source = await readFile(new URL(name.replace(/js$/, 'ts'), sources), 'utf8');
		const { outputText: body } = ts.transpileModule(source, {
			compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
		});
		await route.fulfill({ contentType: 'text/javascript', body });
	});
}

interface Client {
	Terrace: new (settings: Settings) => Terrace;
}

test('a client signs by a clock that is an hour slow', async ({ page }) => {
	await bring(page);
	await page.goto('/');
	const person = stranger();

	const seen = await page.evaluate(
		async ({ url, person }) => {
			const script = '/sdk/index.js';
			const { Terrace } = (await import(script)) as Client;
			const now = () => Date.now() - 3_600_000;
			const { name, ...body } = person;

			// Answers set the clock before anything is signed.
			const shop = new Terrace({ url, signing: true, now });
			const { items } = await shop.listProducts({ limit: 2 });
			await shop.signUp({ body: { ...body, name } });
			await shop.signIn({ body });
			const first = await shop.getMe();

			// The refusal of the first signature does.
			const bearer = new Terrace({ url });
			await bearer.signIn({ body });
			const issued = await bearer.createCredentials();
			const statuses: number[] = [];
			const signing = new Terrace({
				url,
				signing: true,
				now,
				credentials: async () => ({
					accessKeyId: issued.access_key_id,
					secretAccessKey: issued.secret_access_key,
					sessionToken: issued.session_token
				}),
				fetch: async (...request) => {
					const answer = await fetch(...request);
					statuses.push(answer.status);
					return answer;
				}
			});
			const second = await signing.getMe();
			return { products: items.length, emails: [first.email, second.email], statuses };
		},
		{ url, person }
	);

	const { email } = person;
	expect(seen).toEqual({ products: 2, emails: [email, email], statuses: [403, 200] });
});
