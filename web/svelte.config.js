import { writeFileSync } from 'node:fs';
import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

// No page is rendered ahead: the site answers every address of the shop with `200.html`. Beside each
// file lie its compressed forms: the site sends what a browser takes.
const files = adapter({ fallback: '200.html', precompress: true });

/** @type {import('@sveltejs/kit').Config} */
export default {
	preprocess: vitePreprocess(),
	kit: {
		adapter: {
			...files,
			async adapt(builder) {
				await files.adapt(builder);
				// The site tells a missing page from the others by it.
				const pages = builder.routes.map(({ id }) => id);
				writeFileSync('build/routes.json', JSON.stringify(pages));
			}
		},
		// The whole shop is some 70 kB: one file paints earlier than twenty that wait for each other,
		// and no page is missing when the site goes away during a visit.
		output: { bundleStrategy: 'single' },
		// The site's header says the rest; this keeps inline scripts out wherever the files are served.
		csp: { mode: 'hash', directives: { 'script-src': ['self'] } },
		typescript: {
			config: (config) => {
				config.include.push('../e2e/**/*.ts', '../playwright.config.ts');
			}
		}
	}
};
