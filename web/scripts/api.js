// Writes the API's types from the document of all services.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const root = new URL('../', import.meta.url);
const folder = new URL('src/lib/api/generated/', root);
const file = new URL('shop.d.ts', folder);

const types = await openapiTS(new URL('../openapi/terrace.json', root), { silent: true });
const text = astToString(types);
await mkdir(folder, { recursive: true });
// Left alone when nothing changed, so that nobody builds anew for it.
if ((await readFile(file, 'utf8').catch(() => '')) !== text) await writeFile(file, text);
