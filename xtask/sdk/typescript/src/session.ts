// Who calls: the tokens of a sign-in, kept in memory and renewed, or temporary credentials made with them.

import { Problem } from './problem.js';
import type { components } from './schema.js';
import type { Credentials } from './sign.js';

export type Tokens = components['schemas']['Tokens'];

/** Tokens and credentials are renewed this long before they end. */
const EARLY_MS = 60_000;

/** A clock that is further from the API's is corrected. */
const SKEW_MS = 60_000;

/** The machine's clock, set by the `Date` of answers: a signature is good for minutes. */
export class Clock {
	/** What is added to the machine's clock. */
	offset = 0;

	constructor(private readonly machine: () => number) {}

	now(): number {
		return this.machine() + this.offset;
	}

	correct(response: Response): void {
		const date = Date.parse(response.headers.get('date') ?? '');
		if (Math.abs(date - this.now()) > SKEW_MS) this.offset = date - this.machine();
	}
}

export class Session {
	#tokens: { access: string; expiresAt: number } | undefined;
	/** Counts sign-ins and sign-outs: what was fetched for an earlier one is dropped. */
	#generation = 0;
	#cookies = new Map<string, string>();
	#renewing: Promise<Tokens> | undefined;
	#credentials: Promise<Credentials | undefined> | undefined;

	constructor(
		private readonly clock: Pick<Clock, 'now'>,
		private readonly refresh: () => Promise<Tokens>,
		private readonly issue: () => Promise<Credentials | undefined>,
		private readonly changed: (tokens: Tokens | undefined, hasEnded: boolean) => void = () => {}
	) {}

	/**
	 * An access token with life left in it; none when nobody is signed in, or the session has ended.
	 * Where nobody answers with another one it is used to its end.
	 */
	async token(): Promise<string | undefined> {
		const left = (this.#tokens?.expiresAt ?? Infinity) - this.clock.now();
		if (left < EARLY_MS) {
			await this.renew().catch((fault) => {
				if (this.#tokens && left <= 0) throw fault;
			});
		}
		return this.#tokens?.access;
	}

	/** Fetches new tokens by the cookie, once for all who wait. */
	renew(): Promise<Tokens> {
		this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
		return this.#renewing;
	}

	async #renew(): Promise<Tokens> {
		const generation = this.#generation;
		try {
			const tokens = await this.refresh();
			if (generation === this.#generation) this.take(tokens);
			return tokens;
		} catch (refusal) {
			if (generation === this.#generation && saysEnded(refusal)) this.end(true);
			throw refusal;
		}
	}

	/** Temporary credentials with life left in them, made once for all who wait; none when nobody is signed in. */
	async credentials(): Promise<Credentials | undefined> {
		const current = this.#credentials;
		const kept = await current?.catch(() => undefined);
		if (kept && (kept.expiresAt ?? Infinity) - this.clock.now() >= EARLY_MS) return kept;
		if (this.#credentials === current) this.#credentials = this.issue();
		return this.#credentials ?? this.credentials();
	}

	forgetCredentials(): void {
		this.#credentials = undefined;
	}

	/** What signs in, renews or steps up answers tokens: they are used from then on. */
	take(tokens: Tokens): void {
		const expiresAt = this.clock.now() + tokens.expires_in * 1000;
		this.#set({ access: tokens.access_token, expiresAt });
		this.changed(tokens, false);
	}

	end(hasEnded = false): void {
		this.#set(undefined);
		this.changed(undefined, hasEnded);
	}

	#set(tokens: { access: string; expiresAt: number } | undefined): void {
		this.#generation += 1;
		this.#tokens = tokens;
		// They end with the token that they were made by.
		this.#credentials = undefined;
	}

	/** Outside of browsers nobody else keeps the cookies of the session. */
	keepCookies(response: Response): void {
		for (const line of response.headers.getSetCookie?.() ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
			if (name === undefined || value === undefined) continue;
			if (value === '' || /;\s*max-age=0/i.test(line)) this.#cookies.delete(name);
			else this.#cookies.set(name, value);
		}
	}

	get cookie(): string {
		return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
	}
}

/** Whether a refusal says that the session has ended; any other says nothing of it. */
export function saysEnded(refusal: unknown): boolean {
	return refusal instanceof Problem && refusal.is('session-ended');
}
