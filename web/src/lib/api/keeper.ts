// Keeps the access token: in memory only, fetched anew by the refresh cookie, one fetch at a time.

export interface Tokens {
	access_token: string;
	/** In seconds. */
	expires_in: number;
}

export interface KeeperPorts<T extends Tokens> {
	/** Trades the cookie for tokens; `null` when the session has ended; throws when nobody answers. */
	refresh(): Promise<T | null>;
	/** Runs alone among all tabs: a refresh cookie works once. */
	alone<R>(work: () => Promise<R>): Promise<R>;
	/** Tells who is signed in now, and whether a session ended by itself. */
	changed(tokens: T | null, ended: boolean): void;
	now(): number;
}

/** A token is fetched anew this long before it expires, in seconds. */
const EARLY = 60;

export class Keeper<T extends Tokens> {
	#tokens: T | null = null;
	#expires = 0;
	#flight: Promise<T | null> | null = null;
	/** Counts sign-ins and sign-outs: what was fetched for an earlier one is dropped. */
	#generation = 0;

	constructor(private readonly ports: KeeperPorts<T>) {}

	/** Takes the tokens of a sign-in, or `null` for a sign-out. */
	set(tokens: T | null): void {
		this.#generation += 1;
		this.#take(tokens);
	}

	/**
	 * A token with life left in it, or `null` for somebody who is not signed in; throws when the
	 * token has expired and nobody answers with another one. Near its end it is still used, and the
	 * next one is fetched meanwhile.
	 */
	async token(): Promise<string | null> {
		if (!this.#tokens) return null;
		const left = this.#expires - this.ports.now();
		if (left <= 0) return (await this.refresh())?.access_token ?? null;
		if (left <= EARLY * 1000) this.refresh().catch(() => undefined);
		return this.#tokens.access_token;
	}

	/** The token now, to send with what cannot wait. */
	get current(): string | null {
		return this.#tokens?.access_token ?? null;
	}

	/** Fetches a token; callers meanwhile share the one fetch. */
	refresh(): Promise<T | null> {
		this.#flight ??= this.#fetch().finally(() => {
			this.#flight = null;
		});
		return this.#flight;
	}

	async #fetch(): Promise<T | null> {
		const generation = this.#generation;
		const tokens = await this.ports.alone(() => this.ports.refresh());
		if (generation !== this.#generation) return this.#tokens;
		this.#take(tokens, tokens === null);
		return tokens;
	}

	#take(tokens: T | null, ended = false): void {
		this.#tokens = tokens;
		this.#expires = tokens ? this.ports.now() + tokens.expires_in * 1000 : 0;
		this.ports.changed(tokens, ended);
	}
}
