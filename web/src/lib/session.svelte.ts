// Who is signed in, in this tab and, as the tabs tell each other, in the others.

import { api, onSession } from '$lib/api/client';
import { asProblem, type Problem } from '$lib/api/problem';
import type { Me, PasskeyProof, ProviderAnswer, StepUpProof, Tokens } from '$lib/api/types';
import { forAll } from '$lib/storage';
import { Tabs } from '$lib/tabs';

/** Not a secret: whether asking for a token is worth a call. */
const FLAG = 'terrace.signed-in';

const tabs = new Tabs<'signed-in' | 'signed-out' | 'session-ended'>('session');

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
		await api().signIn({ body: { email, password } });
		tabs.tell('signed-in');
	}

	/** Finishes a sign-in with a code. */
	async finishSignIn(challenge: string, code: string): Promise<void> {
		await api().finishSignIn({ body: { challenge, code } });
		tabs.tell('signed-in');
	}

	/** What the browser needs to use a passkey, to sign in or to step up. */
	async passkeyChallenge() {
		return api().beginPasskeyProof();
	}

	async signInWithPasskey(body: PasskeyProof): Promise<void> {
		await api().signInWithPasskey({ body });
		tabs.tell('signed-in');
	}

	/** Signs in by what another provider sent back. */
	async signInWithProvider(body: ProviderAnswer): Promise<void> {
		await api().signInWithProvider({ body });
		tabs.tell('signed-in');
	}

	/** Proves once more who is signed in. */
	async stepUp(body: StepUpProof): Promise<void> {
		await api().stepUp({ body });
	}

	/** Makes an account; tells whether its owner is signed in too. */
	async signUp(name: string, email: string, password: string): Promise<boolean> {
		await api().signUp({ body: { name, email, password } });
		// The account is made, whatever becomes of the sign-in: making it again would be refused.
		return this.signIn(email, password).then(
			() => true,
			() => false
		);
	}

	/** Sends the code of a new account's letter. */
	async confirm(email: string, code: string): Promise<void> {
		await api().confirmSignUp({ body: { email, code } });
	}

	async signOut(): Promise<void> {
		await api().signOut();
		tabs.tell('signed-out');
	}

	async rename(name: string): Promise<void> {
		this.user = await api().changeMe({ body: { name } });
	}

	/** Tries once more to sign a returning visitor in. */
	async again(): Promise<void> {
		try {
			await api().refreshSession();
		} catch (thrown) {
			const problem = asProblem(thrown);
			// Then nobody is signed in, and that is known.
			if (problem.slug !== 'session-ended') this.problem = problem;
		}
	}

	/** Tells when somebody else, or nobody, is signed in. */
	onChange(listener: Listener): void {
		this.#listeners.push(listener);
	}

	async #start(): Promise<void> {
		onSession((tokens, ended) => this.#changed(tokens ?? null, ended));
		tabs.listen((news) => {
			if (news === 'signed-in') renew();
			if (news === 'signed-out') api().forgetSession();
			if (news === 'session-ended' && this.user) renew();
		});
		if (forAll.getItem(FLAG)) {
			await this.again();
		}
		this.known = true;
	}

	#changed(tokens: Tokens | null, ended: boolean): void {
		clearTimeout(this.#timer);
		if (tokens) {
			forAll.setItem(FLAG, '1');
			const early = Math.max(tokens.expires_in - 60, 5) * 1000;
			this.#timer = setTimeout(renew, early);
		} else {
			forAll.removeItem(FLAG);
		}
		const before = this.user?.id;
		this.user = tokens?.user ?? null;
		this.known = true;
		this.problem = null;
		this.ended = ended;
		if (ended && before !== undefined) tabs.tell('session-ended');
		if (before !== this.user?.id) for (const listener of this.#listeners) listener(this.user);
	}
}

/** Renews the session behind the pages: whoever needs it and finds it ended is told then. */
function renew(): void {
	void api()
		.refreshSession()
		.catch(() => undefined);
}

export const session = new Session();
