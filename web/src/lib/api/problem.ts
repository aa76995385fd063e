// What the API refuses with, as something to show: in a shopper's words, and beside a field.

import { fieldWords, words } from '$lib/words';
import { Problem as Refusal } from './generated/problem';
import type { Slug } from './generated/slugs';

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
	/** Of `second-factor-required`: to be sent back with a code, and what the account has. */
	challenge?: string;
	factors?: string[];
	/** Of `consent-required`: to be sent back with the consent, and which provider it is about. */
	link?: string;
	provider?: string;
}

/** A refusal, or the lack of any answer. */
export class Problem extends Error {
	readonly document: ProblemDocument;
	/** In seconds, when the API said so. */
	readonly retryAfter: number | undefined;

	constructor(document: ProblemDocument, retryAfter?: number) {
		super(words(slugOf(document), document.status).title);
		this.name = 'Problem';
		this.document = document;
		this.retryAfter = retryAfter;
	}

	/** The last part of the type, e.g. `email-taken`. A newer shop may have others, which no page asks for. */
	get slug(): Slug {
		return slugOf(this.document) as Slug;
	}

	/** What a shopper is told. */
	get title(): string {
		return this.message;
	}

	get detail(): string | undefined {
		return words(this.slug, this.status).detail;
	}

	/** Whether there is nothing of this address, be it well-formed or not. */
	get missing(): boolean {
		return this.status === 404 || this.slug === 'bad-parameter';
	}

	get status(): number {
		return this.document.status;
	}

	/** Faults by field, in words for a shopper; deeper ones as `address/city`. */
	get fields(): Record<string, string> {
		return Object.fromEntries(this.#faulty().map((field) => [field, fieldWords(field)]));
	}

	/**
	 * The faults of fields that no field shows, in words; `names` tells what a person calls a field
	 * whose own name says nothing.
	 */
	besides(shown: readonly string[], names: Record<string, string> = {}): string[] {
		return this.#faulty()
			.filter((field) => !shown.includes(field))
			.map((field) => fieldWords(field, names[field]));
	}

	/** The fields at fault, each once. */
	#faulty(): string[] {
		const fields = (this.document.errors ?? []).map(({ pointer }) =>
			pointer
				.replace(/^\//, '')
				.split('/')
				.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
				.join('/')
		);
		return [...new Set(fields)];
	}
}

/** The last part of the type, e.g. `email-taken`. */
function slugOf(document: ProblemDocument): string {
	return document.type.split('/').pop() ?? '';
}

/** No answer came at all: offline, or the shop is down. */
export function unreachable(): Problem {
	return new Problem({ type: 'unreachable', title: 'no answer', status: 0 });
}

/** Whatever was thrown, as something to show. */
export function asProblem(thrown: unknown): Problem {
	if (thrown instanceof Problem) return thrown;
	if (thrown instanceof Refusal) {
		const { status, document } = thrown;
		const told = { type: 'about:blank', title: thrown.message, ...document, status };
		return new Problem(told, thrown.retryAfter);
	}
	if (thrown instanceof TypeError) return unreachable();
	console.error(thrown);
	return new Problem({ type: 'page', title: String(thrown), status: 0 });
}
