// What a form does: one thing at a time, and what went wrong.

import { asProblem, type Problem } from '$lib/api/problem';
import { focusFault } from '$lib/focus';

type Submit = SubmitEvent & { currentTarget: HTMLFormElement };

export class Task {
	busy = $state(false);
	/** Why the last one failed. */
	problem = $state<Problem | null>(null);

	/** Does this, unless something is under way already; after a fault the form's field has the focus. */
	async run(work: () => Promise<unknown>, form?: HTMLFormElement): Promise<void> {
		if (this.busy) return;
		this.busy = true;
		this.problem = null;
		try {
			await work();
		} catch (thrown) {
			this.problem = asProblem(thrown);
			void focusFault(form);
		} finally {
			this.busy = false;
		}
	}

	/** Does this when a form is submitted. */
	submit(work: () => Promise<unknown>): (event: Submit) => void {
		return (event) => {
			event.preventDefault();
			void this.run(work, event.currentTarget);
		};
	}
}
