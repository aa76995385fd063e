// What was sold, made ready to be drawn.

import type { Sales } from '$lib/api/types';

/** A bar of a plot, and what it is called. */
export interface Bar {
	id: string;
	name: string;
	value: number;
	/** The value as it is read. */
	shown: string;
}

const DAY_MS = 86_400_000;

/** The day so many days before this one, both as `2026-03-01`. */
export function daysBefore(day: string, days: number): string {
	return new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);
}

/** Every day from the first to the last, both included, also those on which nothing was sold. */
export function everyDay(from: string, to: string, sold: readonly Sales[]): Sales[] {
	const known = new Map(sold.map((sales) => [sales.id, sales]));
	const currency = sold[0]?.revenue.currency ?? 'USD';
	const days: Sales[] = [];
	for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS) {
		const id = new Date(at).toISOString().slice(0, 10);
		const none = { id, name: id, orders: 0, units: 0, revenue: { amount: 0, currency } };
		days.push(known.get(id) ?? none);
	}
	return days;
}

/** A round number that no value is above: 1, 2 or 5 and zeros. */
export function ceiling(values: readonly number[]): number {
	const highest = Math.max(...values, 1);
	const power = 10 ** Math.floor(Math.log10(highest));
	const step = [1, 2, 5, 10].find((it) => it * power >= highest) ?? 10;
	return step * power;
}
