// Who is signed in, in this tab and, as the tabs tell each other, in the others.

import { Keeper } from '$lib/api/keeper';
import { answer, api, identifyBy, sessionApi } from '$lib/api/client';
import { asProblem, problemFrom, type Problem } from '$lib/api/problem';
import type { Me, PasskeyProof, ProviderAnswer, StepUpProof, Tokens } from '$lib/api/types';
import { alone, forAll } from '$lib/storage';
import { listen, tell } from '$lib/tabs';

/** Not a secret: whether asking for a token is worth a call. */
const FLAG = 'terrace.signed-in';

/** How long the shop may take for what makes every other tab wait, in milliseconds. */
const TIMEOUT = 10_000;

type Listener = (user: Me | null) => void;

class Session {
	user = $state<Me | null>(null);
	/** False until it is known whether somebody is signed in. */
	known = $state(false);
	/** Why a returning visitor could not be signed in; nobody knows then whether they are. */
	problem = $state<Problem | null>(null);
	/** Whether the session ended by itself, and not by signing out. */
	ended = $state(false);

	#listeners: Listener[] = [];
	#started: Promise<void> | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#keeper = new Keeper<Tokens>({
		refresh: () => refreshByCookie(),
		alone: (work) => alone('terrace.refresh', work),
		changed: (tokens, ended) => this.#changed(tokens, ended),
		now: () => Date.now()
	});

	get staff(): boolean {
		return this.user?.groups.includes('staff') ?? false;
	}

	get manager(): boolean {
		return this.user?.groups.includes('manager') ?? false;
	}

	/** Whether this is nobody's visit who ever signed in, as far as can be told. */
	get stranger(): boolean {
		if (this.user || this.problem) return false;
		return this.known || forAll.getItem(FLAG) === null;
	}

	/** Signs a returning visitor in. Visitors who never signed in cost no call. */
	start(): Promise<void> {
		this.#started ??= this.#start();
		return this.#started;
	}

	async signIn(email: string, password: string): Promise<void> {
		this.#begin(await answer(sessionApi().POST('/v1/sessions', { body: { email, password } })));
	}

	/** Finishes a sign-in with a code. */
	async finishSignIn(challenge: string, code: string): Promise<void> {
		const body = { challenge, code };
		this.#begin(await answer(sessionApi().POST('/v1/sessions/second-factor', { body })));
	}

	/** What the browser needs to use a passkey, to sign in or to step up. */
	async passkeyChallenge() {
		return answer(sessionApi().POST('/v1/sessions/passkey-challenges'));
	}

	async signInWithPasskey(body: PasskeyProof): Promise<void> {
		this.#begin(await answer(sessionApi().POST('/v1/sessions/passkey', { body })));
	}

	/** Signs in by what another provider sent back. */
	async signInWithProvider(body: ProviderAnswer): Promise<void> {
		this.#begin(await answer(sessionApi().POST('/v1/sessions/provider', { body })));
	}

	/** Proves once more who is signed in. */
	async stepUp(body: StepUpProof): Promise<void> {
		const headers = { authorization: `Bearer ${String(await this.token())}` };
		const proven = sessionApi().POST('/v1/sessions/current/step-up', { body, headers });
		this.#keeper.set(await answer(proven));
	}

	/** Makes an account; tells whether its owner is signed in too. */
	async signUp(name: string, email: string, password: string): Promise<boolean> {
		await answer(api().POST('/v1/users', { body: { name, email, password } }));
		// The account is made, whatever becomes of the sign-in: making it again would be refused.
		return this.signIn(email, password).then(
			() => true,
			() => false
		);
	}

	/** Sends the code of a new account's letter. */
	async confirm(email: string, code: string): Promise<void> {
		await answer(api().POST('/v1/users/confirmation', { body: { email, code } }));
	}

	async signOut(): Promise<void> {
		await alone('terrace.refresh', () => answer(endSession()));
		this.#keeper.set(null);
		tell('signed-out');
	}

	async rename(name: string): Promise<void> {
		this.user = await answer(api().PATCH('/v1/me', { body: { name } }));
	}

	/** A valid token for what the typed client cannot send: the stream of events. */
	token(): Promise<string | null> {
		return this.#keeper.token();
	}

	/** Tries once more to sign a returning visitor in. */
	async again(): Promise<void> {
		try {
			await this.#keeper.refresh();
		} catch (thrown) {
			this.problem = asProblem(thrown);
		}
	}

	refresh(): Promise<unknown> {
		return this.#keeper.refresh();
	}

	/** Tells when somebody else, or nobody, is signed in. */
	onChange(listener: Listener): void {
		this.#listeners.push(listener);
	}

	async #start(): Promise<void> {
		identifyBy(this.#keeper);
		listen((news) => {
			if (news === 'signed-in') void this.#keeper.refresh().catch(() => undefined);
			if (news === 'signed-out') this.#keeper.set(null);
			if (news === 'session-ended' && this.user) void this.#keeper.refresh().catch(() => undefined);
		});
		if (forAll.getItem(FLAG)) {
			await this.again();
		}
		this.known = true;
	}

	#begin(tokens: Tokens): void {
		this.#keeper.set(tokens);
		tell('signed-in');
	}

	#changed(tokens: Tokens | null, ended: boolean): void {
		clearTimeout(this.#timer);
		if (tokens) {
			forAll.setItem(FLAG, '1');
			const early = Math.max(tokens.expires_in - 60, 5) * 1000;
			this.#timer = setTimeout(() => void this.#keeper.refresh().catch(() => undefined), early);
		} else {
			forAll.removeItem(FLAG);
		}
		const before = this.user?.id;
		this.user = tokens?.user ?? null;
		this.known = true;
		this.problem = null;
		this.ended = ended;
		if (ended && before !== undefined) tell('session-ended');
		if (before !== this.user?.id) for (const listener of this.#listeners) listener(this.user);
	}
}

async function refreshByCookie(): Promise<Tokens | null> {
	const { data, error, response } = await sessionApi().POST('/v1/sessions/refresh', {
		signal: AbortSignal.timeout(TIMEOUT)
	});
	if (data) return data;
	const problem = problemFrom(response, error);
	// Any other refusal says nothing of the session: a part of the shop may be out of order.
	if (problem.slug === 'session-ended') return null;
	throw problem;
}

function endSession() {
	return sessionApi().DELETE('/v1/sessions/current', { signal: AbortSignal.timeout(TIMEOUT) });
}

export const session = new Session();
