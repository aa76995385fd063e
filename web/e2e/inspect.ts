// Looks at a page as everybody may see it: light and dark, on a phone and on a desktop.
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from './shop';

/** Where the pictures of the pages are kept. */
export const artifacts = 'e2e/artifacts';

const sizes = {
	phone: { width: 390, height: 844 },
	desktop: { width: 1280, height: 800 }
} as const;

/** The narrowest screen on which nothing may need sideways scrolling (WCAG 2.2, 1.4.10). */
const narrowest = { width: 320, height: 640 };

/** Waits until nothing is a placeholder any more. */
export async function settled(page: Page): Promise<void> {
	await expect(page.locator('h1').first()).toBeAttached();
	await expect(page.locator('.bone')).toHaveCount(0);
	await page.evaluate(async () => {
		// A picture below the fold is fetched when somebody gets there: the full page's picture is all of it.
		for (const image of document.images) image.loading = 'eager';
		await Promise.all([...document.images].map((image) => image.decode().catch(() => undefined)));
		await document.fonts.ready;
		// What sticks to the top of the screen would stand in the middle of the full page's picture.
		scrollTo(0, 0);
	});
}

/** Other colours are there with the next frame, which a busy machine draws late, and once nothing changes any more. */
async function drawn(page: Page): Promise<void> {
	await page.evaluate(async () => {
		const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
		await frame();
		await frame();
		// Those that turn for ever are waited for by nobody.
		const ends = ({ effect }: Animation) => effect?.getComputedTiming().iterations !== Infinity;
		const animations = document.getAnimations().filter(ends);
		await Promise.all(animations.map((it) => it.finished.catch(() => undefined)));
	});
}

const softly = expect.configure({ soft: true });

/** What makes the page scroll sideways; runs in the page. */
function whatSticksOut(): string[] {
	if (document.documentElement.scrollWidth <= innerWidth) return [];
	return [...document.body.querySelectorAll('*')]
		.filter((element) => element.getBoundingClientRect().right > innerWidth)
		.map((element) => element.outerHTML.slice(0, 120));
}

/** No accessibility fault on the page as it stands. Colours that a busy machine has not yet changed everywhere pass; a fault stays. */
export async function accessible(page: Page, name: string): Promise<void> {
	const faults = async () => {
		// No page has frames: the way without them is the fast one.
		const axe = new AxeBuilder({ page }).setLegacyMode(true);
		const { violations } = await axe.options({ resultTypes: ['violations'] }).analyze();
		return violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join()}`);
	};
	const patience = { message: name, intervals: [500, 1_000, 2_000], timeout: 30_000 };
	await softly.poll(faults, patience).toEqual([]);
}

/** Every look of a page: no accessibility fault, nothing that sticks out, and a picture kept. */
export async function inspect(page: Page, name: string, ready = settled): Promise<void> {
	for (const scheme of ['light', 'dark'] as const) {
		await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
		for (const [size, viewport] of Object.entries(sizes)) {
			await page.setViewportSize(viewport);
			await ready(page);
			await drawn(page);
			await accessible(page, `${name}, ${scheme}, ${size}`);
			await page.screenshot({ path: `${artifacts}/${name}-${size}-${scheme}.png`, fullPage: true });
		}
	}
	for (const viewport of [narrowest, sizes.phone, sizes.desktop]) {
		await page.setViewportSize(viewport);
		await softly
			.poll(() => page.evaluate(whatSticksOut), `${name} fits in ${String(viewport.width)} px`)
			.toEqual([]);
	}
	await page.emulateMedia({ colorScheme: null });
}
