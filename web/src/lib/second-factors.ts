import { api } from '$lib/api/client';
import { asProblem } from '$lib/api/problem';
import type { SecondFactors } from '$lib/api/types';

/** The second factors of who is signed in; null where a directory elsewhere keeps accounts, and theirs. */
export async function secondFactors(): Promise<SecondFactors | null> {
	try {
		return await api().listSecondFactors();
	} catch (thrown) {
		if (asProblem(thrown).slug === 'not-found') return null;
		throw thrown;
	}
}
