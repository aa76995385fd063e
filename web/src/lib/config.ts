// What the site tells at run time. One build serves every deployment.

let api: string | undefined;

/** Reads the site's `config.json`. Comes before everything else. */
export async function loadConfig(fetcher: typeof fetch = fetch): Promise<void> {
	if (api !== undefined) return;
	// As the page preloads it: the site says that it may not be kept.
	const response = await fetcher('/config.json');
	if (!response.ok) throw new Error('The site does not tell where its API is.');
	const config: unknown = await response.json();
	if (
		typeof config !== 'object' ||
		config === null ||
		!('api' in config) ||
		typeof config.api !== 'string'
	) {
		throw new Error('The site does not tell where its API is.');
	}
	api = config.api.replace(/\/$/, '');
}

/** The API's origin, without a slash at the end. */
export function apiOrigin(): string {
	if (api === undefined) throw new Error('config.json has not been read yet');
	return api;
}
