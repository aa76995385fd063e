// Light, dark, or as the device is set. What was chosen is read before the first paint, by app.html.

import { follow, forAll } from '$lib/storage';

const KEPT = 'terrace.theme';

export const THEMES = [
	{ value: 'device', name: 'As this device' },
	{ value: 'light', name: 'Light' },
	{ value: 'dark', name: 'Dark' }
] as const;

type Choice = (typeof THEMES)[number]['value'];

function read(): Choice {
	const kept = forAll.getItem(KEPT);
	return THEMES.find(({ value }) => value === kept)?.value ?? 'device';
}

class Theme {
	chosen = $state(read());

	start(): void {
		follow(KEPT, () => {
			this.chosen = read();
			this.#draw();
		});
	}

	choose(value: Choice): void {
		this.chosen = value;
		if (value === 'device') forAll.removeItem(KEPT);
		else forAll.setItem(KEPT, value);
		this.#draw();
	}

	#draw(): void {
		const { chosen } = this;
		document.documentElement.dataset.theme = chosen;
		// The bar of the browser: one colour each for light and dark.
		for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[data-of]')) {
			const of = meta.dataset.of ?? '';
			if (chosen === 'device') meta.media = `(prefers-color-scheme: ${of})`;
			else meta.media = of === chosen ? 'all' : 'not all';
		}
	}
}

export const theme = new Theme();
