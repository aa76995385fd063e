// Starts what carts and orders need for as long as the tab lives.

import { cart } from '$lib/orders/cart.svelte';
import { forgetDraft } from '$lib/orders/checkout';
import { session } from '$lib/session.svelte';

export function startOrders(): void {
	cart.start();
	session.onChange((user) => {
		// Who signed out leaves nothing behind; whose session ended comes back to it.
		if (!user && !session.ended) forgetDraft();
	});
}
