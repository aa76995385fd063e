// Starts what lives as long as the tab.

import { asProblem, type Problem } from '$lib/api/problem';
import { cart } from '$lib/cart.svelte';
import { forgetDraft } from '$lib/checkout';
import { tellAtTheEnd } from '$lib/clicks';
import { privacy } from '$lib/privacy.svelte';
import { forgetAll } from '$lib/recall';
import { session } from '$lib/session.svelte';
import { theme } from '$lib/theme.svelte';

class Start {
	/** Why the shop cannot be shown at all. */
	problem = $state<Problem | null>(null);

	shop(): void {
		theme.start();
		privacy.start();
		tellAtTheEnd();
		cart.start();
		session.onChange((user) => {
			forgetAll();
			// Who signed out leaves nothing behind; whose session ended comes back to it.
			if (!user && !session.ended) forgetDraft();
		});
		void session.start();
	}

	fail(fault: unknown): void {
		this.problem = asProblem(fault);
	}
}

export const start = new Start();
