import { sveltekit } from '@sveltejs/kit/vite';
import type { Plugin, ProxyOptions } from 'vite';
import { defineConfig } from 'vitest/config';

/** What the site answers at run time, for `npm run dev`: the API stands behind this very server. */
function siteConfig(): Plugin {
	return {
		name: 'terrace-site-config',
		configureServer(server) {
			server.middlewares.use('/config.json', ({ headers }, response) => {
				response.setHeader('content-type', 'application/json');
				response.end(JSON.stringify({ api: `http://${headers.host ?? 'localhost'}` }));
			});
		}
	};
}

/** The API lets in the site's origin alone; what comes through here is asked for by this server. */
const api: ProxyOptions = {
	target: process.env.TERRACE_API ?? 'http://localhost:8080',
	configure: (proxy) => proxy.on('proxyReq', (request) => request.removeHeader('origin'))
};

export default defineConfig({
	plugins: [sveltekit(), siteConfig()],
	server: { proxy: { '/v1': api } },
	test: { include: ['src/**/*.test.ts'] }
});
