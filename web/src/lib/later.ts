/**
 * Data that a page waits for by itself, and whose failure it shows. What was only preloaded may
 * fail without a page, and is then no fault that nobody handled.
 */
export function later<T>(data: Promise<T>): Promise<T> {
	data.catch(() => undefined);
	return data;
}
