// Passkeys as the browser makes and uses them (Web Authentication level 3).

/** What the shop sends to the browser and takes from it is JSON to everybody in between. */
type Json = Record<string, unknown>;

/** Whether this browser can make and use passkeys. */
export function havePasskeys(): boolean {
	return (
		typeof PublicKeyCredential !== 'undefined' &&
		'parseRequestOptionsFromJSON' in PublicKeyCredential
	);
}

/** Whether the browser offers passkeys in a field for the e-mail address. */
export async function offersPasskeys(): Promise<boolean> {
	return havePasskeys() && (await PublicKeyCredential.isConditionalMediationAvailable());
}

/** Has a device make a passkey; null when the person did not want it. */
export async function makePasskey(options: Json): Promise<Json | null> {
	const parsed = PublicKeyCredential.parseCreationOptionsFromJSON(
		options as unknown as PublicKeyCredentialCreationOptionsJSON
	);
	return wanted(() => navigator.credentials.create({ publicKey: parsed }));
}

/**
 * Has a device use a passkey; null when the person did not want it. With a signal it waits in the
 * field for the e-mail address until the person chooses one there.
 */
export async function usePasskey(options: Json, signal?: AbortSignal): Promise<Json | null> {
	const parsed = PublicKeyCredential.parseRequestOptionsFromJSON(
		options as unknown as PublicKeyCredentialRequestOptionsJSON
	);
	const waiting = signal ? { mediation: 'conditional' as const, signal } : {};
	return wanted(() => navigator.credentials.get({ publicKey: parsed, ...waiting }));
}

async function wanted(ask: () => Promise<Credential | null>): Promise<Json | null> {
	try {
		const credential = await ask();
		return credential ? ((credential as PublicKeyCredential).toJSON() as Json) : null;
	} catch (thrown) {
		const given = thrown instanceof DOMException ? thrown.name : '';
		if (['NotAllowedError', 'AbortError', 'InvalidStateError'].includes(given)) return null;
		throw thrown;
	}
}
