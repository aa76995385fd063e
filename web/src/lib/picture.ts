// How a product's new picture is sent: by the browser itself to where the shop keeps pictures, or through the shop
// where that takes none from browsers.

import { api, SLOW } from './api/client';
import type { Options } from './api/generated';
import { asProblem, Problem, unreachable } from './api/problem';
import type { ProductDetail } from './api/types';

const KINDS = ['image/png', 'image/jpeg', 'image/webp'] as const;

/** The answer has the product as it is then, as every change of one. */
export async function sendPicture(
	id: string,
	version: string,
	file: File,
	options: Options
): Promise<ProductDetail> {
	const product = { id, 'If-Match': version };
	const kind = KINDS.find((kind) => kind === file.type);
	if (kind) {
		const body = { media_type: kind, size: file.size };
		try {
			const { name, url, headers } = await api().beginImageUpload({ ...product, body });
			await put(url, headers, file);
			return await api().finishImageUpload({ id, name }, options);
		} catch (thrown) {
			if (asProblem(thrown).slug !== 'no-direct-uploads') throw thrown;
		}
	}
	// A part of a file has no type: its bytes say which.
	const body = file.slice();
	return api().setImage({ ...product, body }, { ...options, timeoutMs: SLOW });
}

/** The address holds a signature for this one file: whoever has it needs neither a token nor a cookie. */
async function put(url: string, headers: Record<string, string>, file: File): Promise<void> {
	let response: Response;
	try {
		response = await fetch(url, { method: 'PUT', headers, body: file, credentials: 'omit' });
	} catch {
		throw unreachable();
	}
	const { ok, status, statusText: title } = response;
	if (!ok) throw new Problem({ type: 'about:blank', title, status });
}
