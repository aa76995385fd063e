import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/kit').Config} */
export default {
	preprocess: vitePreprocess(),
	kit: {
		// One build serves every deployment: no page is rendered ahead, and the site answers
		// every address of the shop with this file.
		// Beside each file lie its compressed forms: the site sends what a browser takes.
		adapter: adapter({ fallback: '200.html', precompress: true }),
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
