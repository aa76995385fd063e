// The client: sends operations, proves who calls, repeats what may be repeated.

import { alone } from './alone.js';
import { eventsOf, type Following, type ServerEvent } from './events.js';
import { Operations } from './operations.js';
import { type OrderEvent, statusesOf } from './orders.js';
import { Problem, problemOf, unreachable } from './problem.js';
import { Clock, saysEnded, Session, type Tokens } from './session.js';
import { type Credentials, escape, sign } from './sign.js';
import type { Operation, Options } from './types.js';

/** How a client is made. */
export interface Settings {
	/** Where the API is, e.g. `https://api.garden.example`. */
	url: string;
	/** Whether requests are signed with temporary credentials instead of carrying the access token. */
	signing?: boolean;
	/** Where these come from; unless told from the API, by the access token. */
	credentials?: () => Promise<Credentials>;
	/** The region of signatures: `local`, or that of AWS. */
	region?: string;
	/** How long an attempt may take, in milliseconds: 30 000 unless told. */
	timeoutMs?: number;
	/** How often a request is repeated: 3 times unless told. */
	retries?: number;
	/** In place of the global one. */
	fetch?: typeof fetch;
	/** The machine's clock, in place of `Date.now`. */
	now?: () => number;
	/** Is told who is signed in whenever that changes: nobody without tokens, and whether a session ended by itself. */
	onSession?: (tokens: Tokens | undefined, hasEnded: boolean) => void;
}

interface Request {
	method: string;
	path: string;
	headers: Record<string, string>;
	body: Blob | string | undefined;
	isRepeatable: boolean;
	/** Whether cookies go with it. */
	cookies: boolean;
	/** Whether its answer goes on, so that only its head has a time limit. */
	isStream: boolean;
}

/** What goes out. */
interface Proven {
	url: URL;
	headers: Record<string, string>;
	bytes: Uint8Array | undefined;
	/** Why there is no token, where there should be one. */
	lost: unknown;
}

/** Operations on sessions come with the session's cookies, and but for one from who has no token. */
const SESSIONS = '/v1/sessions';
const STEP_UP = `${SESSIONS}/current/step-up`;
/** The name of what only one of a browser's tabs does at a time: a session's cookie works once. */
const LOCK = 'terrace.refresh';
/** What others wait for meanwhile may take so long. */
const LOCKED_MS = 10_000;
const CREDENTIALS = '/v1/me/credentials';
/** Refusals of credentials that are too old, or from before their keys were changed. */
const OLD_CREDENTIALS = ['expired-token', 'unrecognized-client'] as const;
/** Whether a request was carried out is not known after these. */
const UNCERTAIN = [502, 503, 504];
/** A wait longer than this is the caller's to decide on. */
const LONGEST_WAIT_MS = 20_000;
const FIRST_WAIT_MS = 200;
const AGENT = 'terrace-sdk-typescript/{{version}}';

/** The shop's API. Every operation is a method; every refusal a thrown {@link Problem}. */
export class Terrace extends Operations {
	readonly #clock: Clock;
	readonly #session: Session;

	constructor(private readonly settings: Settings) {
		super();
		this.#clock = new Clock(settings.now ?? Date.now);
		this.#session = new Session(
			this.#clock,
			// A renewal that is cut off by leaving the page would have used the cookie up.
			() =>
				alone(LOCK, () => super.refreshSession({}, { keepalive: true, timeoutMs: LOCKED_MS })),
			settings.credentials ?? (() => this.#issue()),
			settings.onSession
		);
	}

	/** Renews the session by its cookie, as a page does that is opened again: once for all who ask meanwhile. */
	override refreshSession(): Promise<Tokens> {
		return this.#session.renew();
	}

	override async signOut(input: object = {}, options: Options = {}): Promise<void> {
		await alone(LOCK, () => super.signOut(input, { timeoutMs: LOCKED_MS, ...options }));
		this.#session.end();
	}

	/** Forgets who is signed in, as a page does that hears of another tab's sign-out; the API is told nothing. */
	forgetSession(): void {
		this.#session.end();
	}

	/** Every item of a list, page by page: `each((cursor) => shop.listProducts({ cursor }))`. */
	async *each<T>(
		list: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor?: string | null }>
	): AsyncGenerator<T, void, undefined> {
		let cursor: string | undefined;
		do {
			const page = await list(cursor);
			yield* page.items;
			cursor = page.next_cursor ?? undefined;
		} while (cursor !== undefined);
	}

	/**
	 * What happened to an order and what happens, until it is delivered or cancelled. A stream that
	 * breaks goes on where it was; `onOpen` is told of each that is open.
	 */
	followOrder(id: string, options: Following = {}): AsyncGenerator<OrderEvent, void, undefined> {
		return statusesOf(this.events(`/v1/orders/${segment(id)}/events`, options));
	}

	/** The events of a path. A stream that ends or breaks goes on where it was. */
	protected async *events(
		path: string,
		options: Following
	): AsyncGenerator<ServerEvent, void, undefined> {
		let last = options.lastEventId;
		for (let failures = 0; ; failures += 1) {
			if (failures > 0) await pause(backoff(failures), options.signal);
			const headers: Record<string, string> = { accept: 'text/event-stream' };
			if (last !== undefined) headers['last-event-id'] = last;
			const request = { method: 'GET', path, headers, body: undefined };
			const response = await this.#send(
				{ ...request, isRepeatable: true, cookies: false, isStream: true },
				options
			);
			if (response.body === null) return;
			options.onOpen?.();
			try {
				for await (const event of eventsOf(response.body)) {
					failures = 0;
					last = event.id ?? last;
					yield event;
				}
			} catch (broken) {
				if (options.signal?.aborted) throw broken;
			}
		}
	}

	protected override async call<T>(operation: Operation, input: object, options: Options = {}): Promise<T> {
		const given = input as Record<string, unknown>;
		const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => segment(String(given[name])));
		const query = (operation.query ?? [])
			.filter((name) => given[name] !== undefined && given[name] !== null)
			.map((name) => `${name}=${escape(String(given[name]))}`);
		const headers: Record<string, string> = {};
		for (const name of operation.headers ?? []) {
			if (given[name] !== undefined) headers[name.toLowerCase()] = String(given[name]);
		}
		if (operation.keyed) {
			headers['idempotency-key'] = options.idempotencyKey ?? crypto.randomUUID();
		}
		let body: Blob | string | undefined;
		if (given.body instanceof Blob) {
			body = given.body;
			headers['content-type'] = given.body.type || 'application/octet-stream';
		} else if (given.body !== undefined) {
			body = JSON.stringify(given.body);
			headers['content-type'] = 'application/json';
		}
		const { method } = operation;
		// Of a change of one version, the second would be refused because of the first.
		const isIdempotent = ['GET', 'PUT', 'DELETE'].includes(method) && !headers['if-match'];
		const response = await this.#send(
			{
				method,
				path: query.length > 0 ? `${path}?${query.join('&')}` : path,
				headers,
				body,
				isRepeatable: isIdempotent || operation.keyed === true,
				cookies: operation.cookies === true || path.startsWith(SESSIONS),
				isStream: false
			},
			options
		);
		options.onResponse?.(response);
		if (operation.answer === 'nothing') return undefined as T;
		if (operation.answer === 'file') return (await response.blob()) as T;
		const answer: unknown = await response.json();
		if (path.startsWith(SESSIONS) && path !== `${SESSIONS}/refresh`) {
			const tokens = answer as Partial<Tokens>;
			if (tokens.access_token !== undefined) this.#session.take(tokens as Tokens);
		}
		return answer as T;
	}

	/** Sends until there is an answer; throws the problem of a refusal that stays. */
	async #send(request: Request, options: Options): Promise<Response> {
		const mended = new Set<string>();
		for (let attempt = 0; ; attempt += 1) {
			const mayRepeat = attempt < (this.settings.retries ?? 3);
			const before = this.#clock.offset;
			// What stops it here was no attempt: also what the user's own `credentials` throw comes out as it is.
			const proven = await this.#prove(request);
			const id = proven.headers['x-request-id'];
			let response: Response;
			try {
				response = await this.#attempt(request, proven, options);
			} catch (fault) {
				options.signal?.throwIfAborted();
				if (fault instanceof Problem) throw fault;
				if (!mayRepeat || !request.isRepeatable) throw unreachable(fault, id);
				await pause(backoff(attempt + 1), options.signal);
				continue;
			}
			this.#clock.correct(response);
			// Whoever's answer it was corrected by.
			const wasWrong = this.#clock.offset !== before;
			if (request.cookies) this.#session.keepCookies(response);
			if (response.ok) return response;

			const problem = await problemOf(response, id);
			if (!mended.has(problem.slug) && (await this.#mend(problem, wasWrong))) {
				mended.add(problem.slug);
				continue;
			}
			const isRefused = problem.status === 429;
			const isUncertain = UNCERTAIN.includes(problem.status) && request.isRepeatable;
			const told = (problem.retryAfter ?? 0) * 1000;
			if (!mayRepeat || !(isRefused || isUncertain) || told > LONGEST_WAIT_MS) throw problem;
			await pause(Math.max(told, backoff(attempt + 1)), options.signal);
		}
	}

	/** An attempt's headers, with what proves who calls. */
	async #prove(request: Request): Promise<Proven> {
		const url = new URL(this.settings.url.replace(/\/$/, '') + request.path);
		const headers: Record<string, string> = { ...request.headers };
		if (!isBrowser && request.cookies && this.#session.cookie) {
			headers.cookie = this.#session.cookie;
		}
		const ofSession = request.path.startsWith(SESSIONS);
		const isSigned = this.settings.signing && !ofSession && request.path !== CREDENTIALS;
		// Each attempt has its own, and with it its own signature: one counts once. Browsers would have to ask first.
		if (isSigned || !isBrowser) headers['x-request-id'] = crypto.randomUUID();
		const bytes = await bytesOf(request.body);
		const credentials = isSigned ? await this.#session.credentials() : undefined;
		let lost: unknown;
		if (credentials) {
			const { method } = request;
			const region = this.settings.region ?? 'local';
			const unsigned = { method, url, headers, body: bytes };
			Object.assign(headers, await sign(unsigned, credentials, region, this.#clock.now()));
			delete headers.host;
		} else if (!isSigned && (!ofSession || request.path === STEP_UP)) {
			// What everybody may ask needs none: without a new one it is asked without.
			const token = await this.#session.token().catch((fault) => void (lost = fault));
			if (token) headers.authorization = `Bearer ${token}`;
		}
		if (!isBrowser) headers['user-agent'] = AGENT;
		return { url, headers, bytes, lost };
	}

	async #attempt(request: Request, proven: Proven, options: Options): Promise<Response> {
		const { url, headers, bytes, lost } = proven;
		const limit = new AbortController();
		const late = () => limit.abort(new DOMException('No answer in time.', 'TimeoutError'));
		const timer = setTimeout(late, options.timeoutMs ?? this.settings.timeoutMs ?? 30_000);
		const signals = options.signal ? [options.signal, limit.signal] : [limit.signal];
		try {
			const response = await (this.settings.fetch ?? fetch)(url, {
				method: request.method,
				headers,
				body: bytes as BodyInit | undefined,
				credentials: request.cookies ? 'include' : 'omit',
				keepalive: options.keepalive ?? false,
				signal: AbortSignal.any(signals)
			});
			if (response.status === 401 && lost !== undefined) throw lost;
			if (request.isStream && response.ok) return response;
			// The time limit is one of the whole answer.
			const body = await response.arrayBuffer();
			const { status, statusText, headers: told } = response;
			const made = new Response(body.byteLength > 0 ? body : null, { status, statusText });
			return Object.defineProperty(made, 'headers', { value: told });
		} finally {
			clearTimeout(timer);
		}
	}

	/** Whether the cause of a refusal is out of the way, so that the same request may come again. */
	async #mend(problem: Problem, clockWasWrong: boolean): Promise<boolean> {
		if (problem.is('invalid-token')) {
			// Nobody is signed in then, and that is what the next answer says.
			await this.#session.renew().catch((refusal) => {
				if (!saysEnded(refusal)) throw refusal;
			});
			return true;
		}
		if (problem.is(...OLD_CREDENTIALS)) {
			this.#session.forgetCredentials();
			return true;
		}
		return clockWasWrong && problem.is('invalid-signature');
	}

	async #issue(): Promise<Credentials | undefined> {
		if ((await this.#session.token()) === undefined) return undefined;
		const issued = await this.createCredentials();
		return {
			accessKeyId: issued.access_key_id,
			secretAccessKey: issued.secret_access_key,
			sessionToken: issued.session_token,
			expiresAt: Date.parse(issued.expires_at)
		};
	}
}

const isBrowser = 'document' in globalThis;

/** One segment of a path; `.` and `..` would lead elsewhere. */
function segment(value: string): string {
	if (value === '' || value === '.' || value === '..') {
		throw new RangeError(`“${value}” is no value of a path.`);
	}
	return escape(value);
}

async function bytesOf(body: Blob | string | undefined): Promise<Uint8Array | undefined> {
	if (body === undefined) return undefined;
	if (typeof body === 'string') return new TextEncoder().encode(body);
	return new Uint8Array(await body.arrayBuffer());
}

/** Longer each time, and for no two clients the same. */
function backoff(attempt: number): number {
	return FIRST_WAIT_MS * 2 ** Math.min(attempt, 6) * (0.5 + Math.random() / 2);
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		const given = () => {
			clearTimeout(timer);
			reject(signal?.reason);
		};
		const timer = setTimeout(() => {
			signal?.removeEventListener('abort', given);
			resolve();
		}, ms);
		if (signal?.aborted) given();
		signal?.addEventListener('abort', given, { once: true });
	});
}
