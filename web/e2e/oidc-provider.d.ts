// What the tests use of a package that brings no types.
declare module 'oidc-provider' {
	import type { Server } from 'node:http';

	interface Account {
		accountId: string;
		claims: () => Record<string, unknown>;
	}

	export default class Provider {
		constructor(issuer: string, settings: Record<string, unknown>);
		listen(port: number): Server;
	}

	export type FindAccount = (context: unknown, id: string) => Account;
}
