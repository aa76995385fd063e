// What changes how an account is entered takes a fresh proof of who is there: asks for it where the
// shop does, in one dialog for all pages.

import { asProblem } from '$lib/api/problem';

class StepUp {
	/** Whether a proof is asked for now. */
	asked = $state(false);
	#answer: ((given: boolean) => void) | undefined;

	/** Does this, after a proof where one is missing; undefined when it was not given. */
	async before<T>(work: () => Promise<T>): Promise<T | undefined> {
		try {
			return await work();
		} catch (thrown) {
			if (asProblem(thrown).slug !== 'step-up-required') throw thrown;
		}
		this.asked = true;
		const given = await new Promise<boolean>((resolve) => (this.#answer = resolve));
		this.asked = false;
		return given ? work() : undefined;
	}

	/** The dialog's answer. */
	answer(given: boolean): void {
		this.#answer?.(given);
		this.#answer = undefined;
	}
}

export const stepUp = new StepUp();
