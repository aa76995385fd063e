// What an account's owner is asked to consent to. It is kept in memory over the sign-in that comes before: a page
// that is loaded anew begins anew.

class Consent {
	/** The name of a provider, and what links it; null where nothing is asked. */
	asked = $state<{ provider: string; link: string } | null>(null);
}

export const consent = new Consent();
