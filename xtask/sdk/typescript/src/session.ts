// Who calls: the tokens of a sign-in, kept in memory and renewed, or temporary credentials made with them.

import type { Credentials } from './sign.js';

interface Tokens {
	access_token: string;
	/** In seconds. */
	expires_in: number;
}

/** Tokens and credentials are renewed this long before they end. */
const EARLY_MS = 60_000;

/** A clock that is further from the API's is corrected. */
const SKEW_MS = 60_000;

/** The machine's clock, set by the `Date` of answers: a signature is good for minutes. */
export class Clock {
	#offset = 0;

	constructor(private readonly machine: () => number) {}

	now(): number {
		return this.machine() + this.#offset;
	}

	/** Whether it was wrong. Browsers show `Date` to pages of the API's own origin alone. */
	correct(response: Response): boolean {
		const date = Date.parse(response.headers.get('date') ?? '');
		if (Number.isNaN(date) || Math.abs(date - this.now()) <= SKEW_MS) return false;
		this.#offset = date - this.machine();
		return true;
	}
}

export class Session {
	#tokens: { access: string; expiresAt: number } | undefined;
	#cookies = new Map<string, string>();
	#refreshing: Promise<void> | undefined;
	#credentials: Promise<Credentials | undefined> | undefined;

	constructor(
		private readonly clock: Clock,
		private readonly refresh: () => Promise<unknown>,
		private readonly issue: () => Promise<Credentials | undefined>
	) {}

	/** An access token with life left in it; none when nobody is signed in, or the session has ended. */
	async token(): Promise<string | undefined> {
		if (this.#tokens && this.#tokens.expiresAt - this.clock.now() < EARLY_MS) await this.renew();
		return this.#tokens?.access;
	}

	/** Fetches new tokens by the cookie, once for all who wait. */
	async renew(): Promise<void> {
		this.#refreshing ??= this.refresh()
			.then(() => undefined)
			.finally(() => (this.#refreshing = undefined));
		await this.#refreshing;
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
		this.#tokens = { access: tokens.access_token, expiresAt };
		// They end with the token that they were made by.
		this.#credentials = undefined;
	}

	end(): void {
		this.#tokens = undefined;
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
