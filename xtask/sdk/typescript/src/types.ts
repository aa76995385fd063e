// What goes into an operation and comes out of it, from the types of the document.

import type { operations } from './schema.js';

export type OperationId = keyof operations;

type Given<T> = [NonNullable<T>] extends [never] ? unknown : NonNullable<T>;
type Parameters<K extends OperationId> = operations[K]['parameters'];
// Keys of intents are an option of the call.
type Headers<K extends OperationId> =
	Given<Parameters<K>['header']> extends infer H
		? unknown extends H
			? unknown
			: Omit<H, 'Idempotency-Key'>
		: never;

type BodyOf<T> = T extends { content: infer C }
	? C extends { 'application/json': infer J }
		? J
		: Blob
	: never;
type Body<K extends OperationId> = operations[K] extends { requestBody: infer B }
	? { body: BodyOf<B> }
	: operations[K] extends { requestBody?: infer B }
		? [NonNullable<B>] extends [never]
			? unknown
			: { body?: BodyOf<NonNullable<B>> }
		: unknown;

/** The parameters of an operation by their names, and its body. */
export type Input<K extends OperationId> = object &
	Given<Parameters<K>['path']> &
	Given<Parameters<K>['query']> &
	Headers<K> &
	Body<K>;

type Answered<R> = R extends { content: infer C }
	? C extends { 'application/json': infer J }
		? J
		: Blob
	: void;

/** What an operation answers: JSON, a file, or nothing. */
export type Output<K extends OperationId> = Answered<
	operations[K]['responses'][keyof operations[K]['responses']]
>;

/** An operation, as it goes over the wire. */
export interface Operation {
	method: string;
	/** With the names of parameters: `/v1/orders/{id}`. */
	path: string;
	query?: readonly string[];
	headers?: readonly string[];
	/** Whether it takes an `Idempotency-Key`: then it may be repeated. */
	keyed?: boolean;
	/** Whether it knows the browser by a cookie. */
	cookies?: boolean;
	/** What it answers: JSON unless told. */
	answer?: 'file' | 'nothing';
}

/** What may be said of one call. */
export interface Options {
	/** Gives the call up. */
	signal?: AbortSignal;
	/** How long an attempt may take, in milliseconds. */
	timeoutMs?: number;
	/** The name of this intent; the client makes one for those operations that take it. */
	idempotencyKey?: string;
	/** Goes on in a browser when its page is left. */
	keepalive?: boolean;
	/** Is shown the answer, for what only its headers have, such as `ETag`. */
	onResponse?: (response: Response) => void;
}
