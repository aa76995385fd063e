// What the API refuses with (RFC 9457), as something to catch.

import type { components } from './schema.js';
import type { Slug } from './slugs.js';

type Document = components['schemas']['Problem'];

/** A field at fault, by its JSON pointer into the request's body. */
export type FieldError = components['schemas']['FieldError'];

/** A refusal of the API, or, with the slug `unreachable` and the status 0, the lack of any answer. */
export class Problem extends Error {
	/** What kind it is: the last part of its type, e.g. `payment-declined`. The API may add others. */
	readonly slug: Slug | (string & {});
	/** The HTTP status; 0 when nobody answered. */
	readonly status: number;
	/** This occurrence, for a person. */
	readonly detail: string | undefined;
	/** The request's id, to quote when asking for help. */
	readonly requestId: string | undefined;
	/** The fields at fault. */
	readonly errors: readonly FieldError[];
	/** How many seconds to wait, when the API said so. */
	readonly retryAfter: number | undefined;
	/** All that was answered, for the members of one kind, such as `price_change`. */
	readonly document: Readonly<Record<string, unknown>>;

	constructor(
		document: Partial<Document>,
		retryAfter?: number,
		options?: { requestId?: string | undefined; cause?: unknown }
	) {
		super(document.detail ?? document.title ?? 'The API refused the request.', {
			cause: options?.cause
		});
		this.name = 'Problem';
		this.slug = document.type?.split('/').pop() ?? 'unknown';
		this.status = document.status ?? 0;
		this.detail = document.detail ?? undefined;
		this.requestId = document.instance ?? options?.requestId;
		this.errors = document.errors ?? [];
		this.retryAfter = retryAfter;
		this.document = document;
	}

	/** Whether it is of one of these kinds, which the compiler knows. */
	is(...slugs: readonly Slug[]): boolean {
		return (slugs as readonly string[]).includes(this.slug);
	}
}

/** What Amazon API Gateway calls what it refuses by itself, in `x-amzn-errortype`. */
const AMAZON: Readonly<Record<string, Slug>> = {
	AccessDeniedException: 'forbidden',
	ExpiredTokenException: 'expired-token',
	IncompleteSignatureException: 'incomplete-signature',
	InvalidSignatureException: 'invalid-signature',
	MissingAuthenticationTokenException: 'missing-authentication-token',
	UnauthorizedException: 'invalid-token',
	UnrecognizedClientException: 'unrecognized-client'
};

/**
 * Reads the refusal of a request, which had this id; what stands between us and the API may answer without a document, and API Gateway does so in words of its own, or
 * says `bad-request` of what its header names.
 */
export async function problemOf(response: Response, id?: string): Promise<Problem> {
	const body: unknown = await response.json().catch(() => null);
	const isDocument = typeof body === 'object' && body !== null && 'title' in body;
	const document: Partial<Document> = isDocument
		? { ...(body as Partial<Document>), status: response.status }
		: { title: response.statusText, status: response.status, ...detailOf(body) };
	const kind = AMAZON[response.headers.get('x-amzn-errortype')?.split(':')[0] ?? ''];
	if (kind !== undefined && (document.type ?? 'bad-request').endsWith('bad-request')) document.type = kind;
	const requestId =
		response.headers.get('x-request-id') ?? response.headers.get('x-amzn-requestid') ?? id;
	return new Problem(document, secondsOf(response.headers.get('retry-after')), { requestId });
}

/** API Gateway's own words. */
function detailOf(body: unknown): { detail?: string } {
	const { message, Message = message } = (body ?? {}) as Record<string, unknown>;
	return typeof Message === 'string' ? { detail: Message } : {};
}

/** Nobody answered the request, which had this id. */
export function unreachable(cause: unknown, requestId?: string): Problem {
	const document = { type: '/problems/unreachable', title: 'The API cannot be reached.' };
	return new Problem(document, undefined, { cause, requestId });
}

/** `Retry-After`: seconds, or a date. */
function secondsOf(value: string | null): number | undefined {
	if (value === null) return undefined;
	const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
	return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
