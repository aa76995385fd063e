// Another provider of OpenID Connect, as a third party has one: who signs in there with a name is told of by the
// e-mail address of that name.
import { once } from 'node:events';
import type { Server } from 'node:http';
import Provider, { type FindAccount } from 'oidc-provider';

/** Where it is; the shop that is tested knows it by its settings. */
export function providerAddress(): string {
	const issuer = process.env.SHOP_PROVIDER;
	if (!issuer) {
		throw new Error(
			'SHOP_PROVIDER is not set: start the shop with TERRACE_PROVIDERS__EXAMPLE__… as README.md says'
		);
	}
	return issuer;
}

/** Its mailbox for each name; `unverified` has none that it has seen. */
export const emailOf = (name: string) => `${name}@garden.example`;

/** Opens it until the server is closed. */
export async function openProvider(site: string): Promise<Server> {
	const issuer = providerAddress();
	const findAccount: FindAccount = (_, id) => ({
		accountId: id,
		claims: () => ({
			sub: id,
			email: emailOf(id),
			email_verified: !id.startsWith('unverified'),
			name: 'Rose of Example ID'
		})
	});
	const provider = new Provider(issuer, {
		clients: [
			{
				client_id: 'terrace',
				client_secret: 'a-secret-of-tests-alone',
				redirect_uris: [`${site}/continue`]
			}
		],
		claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
		cookies: { keys: ['a-key-of-tests-alone'] },
		pkce: { required: () => true },
		findAccount
	});
	const server = provider.listen(Number(new URL(issuer).port));
	await once(server, 'listening');
	return server;
}
