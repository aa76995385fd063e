// Before all tests: enough of what they buy, however often the same shop is tested.
import type { FullConfig } from '@playwright/test';
import { staff } from './shop';

const BOUGHT = 'monstera';

async function ask(input: URL, init?: RequestInit): Promise<Response> {
	const response = await fetch(input, init);
	if (!response.ok) throw new Error(`${input.href} answers ${String(response.status)}`);
	return response;
}

export default async function stockUp({ projects }: FullConfig): Promise<void> {
	const site = projects[0]?.use.baseURL ?? '';
	const { api } = (await (await ask(new URL('/config.json', site))).json()) as { api: string };
	const { email, password } = staff();
	const signedIn = await ask(new URL('/v1/sessions', api), {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ email, password })
	});
	const { access_token } = (await signedIn.json()) as { access_token: string };
	const product = await ask(new URL(`/v1/products/${BOUGHT}`, api));
	const { id } = (await product.json()) as { id: string };
	await ask(new URL(`/v1/products/${id}/stock`, api), {
		method: 'PUT',
		headers: {
			authorization: `Bearer ${access_token}`,
			'content-type': 'application/json',
			'if-match': product.headers.get('etag') ?? '*'
		},
		body: JSON.stringify({ stock: 500 })
	});
}
