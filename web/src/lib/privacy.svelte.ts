// Whether the shop may count what this browser shows. It may unless somebody says otherwise: here, or by a signal of
// the browser (Global Privacy Control, or the older "Do Not Track"), which nothing here overrules.

import { follow, forAll } from '$lib/storage';

const KEPT = 'terrace.clicks';

declare global {
	interface Navigator {
		/** https://w3c.github.io/gpc/ */
		readonly globalPrivacyControl?: boolean;
	}
}

function read(): boolean {
	return forAll.getItem(KEPT) !== 'off';
}

class Privacy {
	/** What was chosen. */
	chosen = $state(read());

	start(): void {
		follow(KEPT, () => {
			this.chosen = read();
		});
	}

	/** Whether the browser asks that nothing be counted. */
	get refused(): boolean {
		return navigator.globalPrivacyControl === true || navigator.doNotTrack === '1';
	}

	get counted(): boolean {
		return this.chosen && !this.refused;
	}

	choose(counted: boolean): void {
		this.chosen = counted;
		if (counted) forAll.removeItem(KEPT);
		else forAll.setItem(KEPT, 'off');
	}
}

export const privacy = new Privacy();
