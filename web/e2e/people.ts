// Who uses the shop.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Person {
	email: string;
	password: string;
}

/** The account of the demo staff, made at the shop's first start. */
export function staff(): Person {
	return accounts().staff;
}

/** That of the demo manager. */
export function manager(): Person {
	return accounts().manager;
}

function accounts(): { staff: Person; manager: Person } {
	const folder = process.env.SHOP_DATA ?? '../data';
	const file = readFileSync(join(folder, 'demo-accounts.json'), 'utf8');
	return JSON.parse(file) as { staff: Person; manager: Person };
}

/** Somebody whom the shop has never seen. */
export function stranger(): Person & { name: string } {
	const unique = crypto.randomUUID();
	return { name: 'Rose Gardener', email: `rose.${unique}@garden.example`, password: unique };
}
