// Writes the client of the API: its own files, and beside them the types and the operations of the API's document.
// `npm run api` makes the storefront's so, and `cargo xtask sdk typescript` the package:
//
//   node scripts/api.js [folder] [document]
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [folder = here('../src/lib/api/generated'), described = here('../../openapi/terrace.json')] =
	process.argv.slice(2);
const own = here('../../xtask/sdk/typescript/src');

/** The reference, which people read, and what AWS's own SDKs call. */
const NOT_FOR_CLIENTS = /^\/(aws|docs)(\/|$)|^\/v1\/(openapi\.json|sdks\/)/;

const document = JSON.parse(
	// `List_Product` is a page of products.
	(await readFile(described, 'utf8')).replace(
		/"(#\/components\/schemas\/)?List_(\w+?)(?:View)?"/g,
		'"$1$2Page"'
	)
);
const methods = [];
for (const [path, item] of Object.entries(document.paths)) {
	// Streams are followed by hand.
	const kept = Object.entries(item).filter(
		([, operation]) => !NOT_FOR_CLIENTS.test(path) && !operation['x-edge']?.stream
	);
	document.paths[path] = Object.fromEntries(kept);
	for (const [method, operation] of kept) {
		methods.push(write(method.toUpperCase(), path, operation));
	}
}
// What kinds of problems there are, and what the client says where nobody tells of which kind it is.
const { type: kind } = document.components.schemas.Problem.properties;
const kinds = kind['x-extensible-enum'].map((it) => it.split('/').pop());
const slugs = `// The kinds of problems. Generated.

export type Slug =
${[...kinds, 'unknown', 'unreachable'].map((it) => `	| '${it}'`).join('\n')};
`;
const operations = `// Every operation, as a method. Generated.

import type { Input, Operation, Options, Output } from './types.js';

export abstract class Operations {
	/** Sends an operation. */
	protected abstract call<T>(operation: Operation, input: object, options?: Options): Promise<T>;
${methods.join('')}}
`;

await mkdir(folder, { recursive: true });
const version = `${document.info.version}.0.0`;
for (const name of await readdir(own)) {
	await put(name, (await readFile(`${own}/${name}`, 'utf8')).replaceAll('{{version}}', version));
}
await put('schema.ts', astToString(await openapiTS(document, { silent: true })));
await put('operations.ts', operations);
await put('slugs.ts', slugs);

/** One operation; what does not concern its callers is taken out of the document. */
function write(method, path, operation) {
	const { operationId: id, parameters = [], requestBody } = operation;
	const cookies = parameters.filter((it) => it.in === 'cookie');
	const others = parameters.filter((it) => it.in !== 'cookie');
	operation.parameters = others;
	// Refusals are one type.
	const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
	operation.responses = Object.fromEntries(answers);

	const facts = [`method: '${method}'`, `path: '${path}'`];
	const names = (place) => others.filter((it) => it.in === place).map((it) => it.name);
	const query = names('query');
	const headers = names('header').filter((name) => name !== 'Idempotency-Key');
	if (query.length > 0) facts.push(`query: [${query.map((name) => `'${name}'`).join(', ')}]`);
	if (headers.length > 0) facts.push(`headers: [${headers.map((name) => `'${name}'`).join(', ')}]`);
	if (names('header').includes('Idempotency-Key')) facts.push('keyed: true');
	if (cookies.length > 0) facts.push('cookies: true');
	const [media] = answers.flatMap(([, { content }]) => Object.keys(content ?? {}));
	if (media !== 'application/json') facts.push(`answer: '${media ? 'file' : 'nothing'}'`);
	const name = id.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
	const needed =
		requestBody?.required || others.some((it) => it.required && it.name !== 'Idempotency-Key');
	return `
	/**
	 * ${(operation.summary ?? '').replaceAll('\n', ' ')}${operation.deprecated ? '\n\t * @deprecated' : ''}
	 */
	${name}(input: Input<'${id}'>${needed ? '' : ' = {}'}, options?: Options): Promise<Output<'${id}'>> {
		return this.call({ ${facts.join(', ')} }, input, options);
	}
`;
}

/** A file that is the same is left alone, so that nobody builds anew for it. */
async function put(name, text) {
	const file = `${folder}/${name}`;
	if ((await readFile(file, 'utf8').catch(() => '')) !== text) await writeFile(file, text);
}
