// Writes the API's types from the services' OpenAPI documents.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const root = new URL('../', import.meta.url);
const generated = new URL('src/lib/api/generated/', root);
await mkdir(generated, { recursive: true });

for (const service of ['users', 'catalog', 'orders']) {
	const document = new URL(`../openapi/${service}.json`, root);
	const draft = new URL(`src/lib/api/draft/${service}.json`, root);
	const types = await openapiTS(existsSync(document) ? document : draft, { silent: true });
	await writeFile(new URL(`${service}.d.ts`, generated), astToString(types));
}
