// The lines of a cart that is kept in the browser, and how they meet the cart of an account.

export interface CartLine {
	product_id: string;
	quantity: number;
}

/** The most pieces of one product in a cart. */
export const MOST = 99;

/** Some more, or fewer, pieces of a product; a line of none is gone. */
export function changeLine(
	lines: readonly CartLine[],
	product_id: string,
	quantity: number
): CartLine[] {
	const bounded = Math.min(MOST, Math.max(0, Math.trunc(quantity)));
	const known = lines.some((line) => line.product_id === product_id);
	const changed = known
		? lines.map((line) => (line.product_id === product_id ? { ...line, quantity: bounded } : line))
		: [...lines, { product_id, quantity: bounded }];
	return changed.filter((line) => line.quantity > 0);
}

/**
 * What the account's cart has to be told, so that it holds what was in it and what the browser
 * kept, never more than `MOST` of one product.
 */
export function mergeLines(account: readonly CartLine[], browser: readonly CartLine[]): CartLine[] {
	return browser
		.map(({ product_id, quantity }) => {
			const there = account.find((line) => line.product_id === product_id)?.quantity ?? 0;
			return { product_id, there, quantity: Math.min(MOST, there + quantity) };
		})
		.filter(({ there, quantity }) => quantity !== there)
		.map(({ product_id, quantity }) => ({ product_id, quantity }));
}

/** Reads what the browser kept; whatever is no line is dropped. */
export function readLines(stored: string | null): CartLine[] {
	let parsed: unknown;
	try {
		parsed = JSON.parse(stored ?? '[]');
	} catch {
		return [];
	}
	if (!Array.isArray(parsed)) return [];
	return parsed.reduce<CartLine[]>((lines, line: Partial<CartLine> | null) => {
		const fits =
			typeof line?.product_id === 'string' &&
			Number.isInteger(line.quantity) &&
			!lines.some(({ product_id }) => product_id === line.product_id);
		return fits ? changeLine(lines, line.product_id as string, line.quantity as number) : lines;
	}, []);
}

/** How many pieces there are. */
export function countPieces(lines: readonly CartLine[]): number {
	return lines.reduce((count, { quantity }) => count + quantity, 0);
}
