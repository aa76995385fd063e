// How a product's new picture is sent: by the browser itself to where the shop keeps pictures, or through the shop
// where that takes none from browsers.

import { api } from './api/client';
import { problemFrom, unreachable } from './api/problem';

const KINDS = ['image/png', 'image/jpeg', 'image/webp'] as const;

/** The answer has the product as it is then, as every change of one. */
export async function sendPicture(id: string, version: string, file: File) {
	const params = { path: { id }, header: { 'If-Match': version } };
	const kind = KINDS.find((kind) => kind === file.type);
	if (kind) {
		const body = { media_type: kind, size: file.size };
		const begun = await api().POST('/v1/products/{id}/image-uploads', { params, body });
		if (begun.data) {
			const { name, url, headers } = begun.data;
			await put(url, headers, file);
			return api().POST('/v1/products/{id}/image-uploads/{name}/finish', {
				params: { path: { id, name } }
			});
		}
		const refusal = problemFrom(begun.response, begun.error);
		if (refusal.slug !== 'no-direct-uploads') throw refusal;
	}
	return api().PUT('/v1/products/{id}/image', {
		params,
		headers: { 'content-type': 'application/octet-stream' },
		// The document's word for bytes is not TypeScript's.
		body: file as never,
		bodySerializer: () => file
	});
}

/** The address holds a signature for this one file: whoever has it needs neither a token nor a cookie. */
async function put(url: string, headers: Record<string, string>, file: File): Promise<void> {
	let response: Response;
	try {
		response = await fetch(url, { method: 'PUT', headers, body: file, credentials: 'omit' });
	} catch {
		throw unreachable();
	}
	if (!response.ok) throw problemFrom(response, null);
}
