// The way to another provider and back: what the tab remembers of it meanwhile. What counts of it the shop has
// sealed in its `state`.

import { api } from '$lib/api/client';
import { forTab } from '$lib/storage';

/** To sign in, to link what one is there, or to prove once more who one is. */
export type Purpose = 'sign-in' | 'link' | 'proof';

export interface Provider {
	name: string;
	label: string;
}

export interface Way {
	state: string;
	provider: Provider;
	purpose: Purpose;
	/** The page of the shop to go on with. */
	next: string;
}

/** What a provider sends back (RFC 6749 §4.1.2). */
export interface Arrival {
	state: string;
	code?: string;
	iss?: string;
}

const KEY = 'terrace.way';

/** Sends the browser to a provider. */
export async function setOut(provider: Provider, purpose: Purpose, next: string): Promise<void> {
	const { name } = provider;
	const begin = {
		'sign-in': () => api().beginProviderSignIn({ name }),
		link: () => api().beginProviderLink({ name }),
		proof: () => api().beginProviderProof({ name })
	};
	const { location: there } = await begin[purpose]();
	const state = new URL(there).searchParams.get('state') ?? '';
	const way: Way = { state, provider, purpose, next };
	forTab.setItem(KEY, JSON.stringify(way));
	location.assign(there);
}

/** Takes what came back out of the page's address, so that it stays in no history; null where nothing did. */
export function takeArrival(): Arrival | null {
	const query = new URLSearchParams(location.search);
	const state = query.get('state');
	if (location.search) history.replaceState(history.state, '', location.pathname);
	if (state === null) return null;
	const [code, iss] = [query.get('code'), query.get('iss')];
	return { state, ...(code !== null && { code }), ...(iss !== null && { iss }) };
}

/** Takes what the tab remembers of this way; null where it began in another tab. */
export function takeWay(state: string): Way | null {
	const kept = forTab.getItem(KEY);
	forTab.removeItem(KEY);
	const way = kept === null ? null : (JSON.parse(kept) as Way);
	return way?.state === state ? way : null;
}
