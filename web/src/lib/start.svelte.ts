// Starts what lives as long as the tab.

import { asProblem, type Problem } from '$lib/api/problem';
import { tellAtTheEnd } from '$lib/clicks';
import { startOrders } from '$lib/orders/start';
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
		startOrders();
		session.onChange(forgetAll);
		void session.start();
	}

	fail(fault: unknown): void {
		this.problem = asProblem(fault);
	}
}

export const start = new Start();
