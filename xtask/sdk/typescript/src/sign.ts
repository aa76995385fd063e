// AWS Signature Version 4 of a request in its headers, by the Web Crypto of browsers and Node.

/** Temporary credentials. */
export interface Credentials {
	accessKeyId: string;
	secretAccessKey: string;
	/** Without it the API refuses what is signed. */
	sessionToken?: string;
	/** In milliseconds since 1970; until then they are kept. */
	expiresAt?: number;
}

export interface Unsigned {
	method: string;
	url: URL;
	/** By names in lower case; all of them are signed. */
	headers: Record<string, string>;
	body: Uint8Array | undefined;
}

/** The headers that prove who sends the request, at this moment. */
export async function sign(
	request: Unsigned,
	credentials: Credentials,
	region: string,
	now: number
): Promise<Record<string, string>> {
	const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
	const hash = hex(await sha256(request.body ?? new Uint8Array()));
	const added: Record<string, string> = { 'x-amz-content-sha256': hash, 'x-amz-date': time };
	if (credentials.sessionToken) added['x-amz-security-token'] = credentials.sessionToken;

	const signed: Record<string, string> = {
		...request.headers,
		...added,
		host: request.url.host
	};
	const names = Object.keys(signed).sort();
	const canonical = [
		request.method,
		// Escapes are escaped once more, as everywhere but in S3.
		request.url.pathname.split('/').map(escape).join('/'),
		query(request.url),
		...names.map((name) => `${name}:${signed[name]?.trim().replace(/ +/g, ' ')}`),
		'',
		names.join(';'),
		hash
	].join('\n');

	const scope = `${time.slice(0, 8)}/${region}/execute-api/aws4_request`;
	const digest = hex(await sha256(utf8(canonical)));
	const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`;
	let key = utf8(`AWS4${credentials.secretAccessKey}`);
	for (const part of scope.split('/')) key = await hmac(key, part);
	const signature = hex(await hmac(key, text));
	const by = `Credential=${credentials.accessKeyId}/${scope}`;
	added.authorization = `AWS4-HMAC-SHA256 ${by}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
	return added;
}

/** RFC 3986: everything but letters, digits and `-._~`. */
export function escape(text: string): string {
	return encodeURIComponent(text).replace(
		/[!'()*]/g,
		(c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`
	);
}

function query(url: URL): string {
	const pairs = [...url.searchParams].map(([name, value]) => `${escape(name)}=${escape(value)}`);
	return pairs.sort().join('&');
}

type Bytes = Uint8Array<ArrayBuffer>;

function utf8(text: string): Bytes {
	return new TextEncoder().encode(text) as Bytes;
}

async function sha256(bytes: Uint8Array): Promise<Bytes> {
	return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Bytes));
}

async function hmac(key: Bytes, text: string): Promise<Bytes> {
	const algorithm = { name: 'HMAC', hash: 'SHA-256' };
	const made = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign']);
	return new Uint8Array(await crypto.subtle.sign('HMAC', made, utf8(text)));
}

function hex(bytes: Bytes): string {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
