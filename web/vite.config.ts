import { sveltekit } from '@sveltejs/kit/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** What the site answers at run time, for `npm run dev`. */
function siteConfig(): Plugin {
	const body = JSON.stringify({ api: process.env.TERRACE_API ?? 'http://localhost:8080' });
	return {
		name: 'terrace-site-config',
		configureServer(server) {
			server.middlewares.use('/config.json', (_, response) => {
				response.setHeader('content-type', 'application/json');
				response.end(body);
			});
		}
	};
}

export default defineConfig({
	plugins: [sveltekit(), siteConfig()],
	test: { include: ['src/**/*.test.ts'] }
});
