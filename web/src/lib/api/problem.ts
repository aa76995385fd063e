// What the API refuses with (RFC 9457), as something to throw, and to show beside a field.

export interface FieldFault {
	pointer: string;
	detail: string;
}

export interface ProblemDocument {
	type: string;
	title: string;
	status: number;
	detail?: string | null;
	instance?: string | null;
	errors?: FieldFault[] | null;
}

/** A refusal, or the lack of any answer. */
export class Problem extends Error {
	readonly document: ProblemDocument;
	/** In seconds, when the API said so. */
	readonly retryAfter: number | undefined;

	constructor(document: ProblemDocument, retryAfter?: number) {
		super(document.title);
		this.name = 'Problem';
		this.document = document;
		this.retryAfter = retryAfter;
	}

	/** The last part of the type, e.g. `email-taken`. */
	get slug(): string {
		return this.document.type.split('/').pop() ?? '';
	}

	get status(): number {
		return this.document.status;
	}

	/** Faults by field, e.g. `{ email: 'is no address' }`; deeper ones as `address/city`. */
	get fields(): Record<string, string> {
		const fields: Record<string, string> = {};
		for (const { pointer, detail } of this.document.errors ?? []) {
			const field = pointer
				.replace(/^\//, '')
				.split('/')
				.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
				.join('/');
			fields[field] ??= detail;
		}
		return fields;
	}

	/**
	 * The faults of fields that no field shows, in words; `names` tells what a person calls a field
	 * whose own name says nothing.
	 */
	besides(shown: readonly string[], names: Record<string, string> = {}): string[] {
		return Object.entries(this.fields)
			.filter(([field]) => !shown.includes(field))
			.map(([field, fault]) => `${names[field] ?? asWords(field)} ${fault}`.trim());
	}
}

/** `address/postal_code` as `Postal code`. */
function asWords(field: string): string {
	const words = (field.split('/').pop() ?? '').replaceAll('_', ' ');
	return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Reads a refusal. Whatever stands between us and the API may answer without a document. */
export function problemFrom(response: Response, body: unknown): Problem {
	const wait = Number(response.headers.get('retry-after'));
	const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : undefined;
	if (typeof body === 'object' && body !== null && 'title' in body) {
		const sent = body as Partial<ProblemDocument>;
		const document = {
			...sent,
			type: typeof sent.type === 'string' ? sent.type : 'about:blank',
			title: String(sent.title),
			status: response.status
		};
		return new Problem(document, retryAfter);
	}
	return new Problem(
		{
			type: 'about:blank',
			title:
				response.status >= 500
					? 'The shop cannot answer right now'
					: 'The shop did not accept this',
			status: response.status,
			detail: 'Please try again in a moment.'
		},
		retryAfter
	);
}

/** No answer came at all: offline, or the shop is down. */
export function unreachable(): Problem {
	return new Problem({
		type: 'about:blank',
		title: 'The shop cannot be reached',
		status: 0,
		detail: 'Check your connection and try again.'
	});
}

/** Whatever was thrown, as something to show. */
export function asProblem(thrown: unknown): Problem {
	if (thrown instanceof Problem) return thrown;
	if (thrown instanceof TypeError) return unreachable();
	return new Problem({
		type: 'about:blank',
		title: 'Something went wrong on this page',
		status: 0,
		detail: thrown instanceof Error ? thrown.message : null
	});
}
