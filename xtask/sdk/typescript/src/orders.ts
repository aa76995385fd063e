// An order that is followed live.

import type { ServerEvent } from './events.js';
import type { components } from './schema.js';

type Moment = components['schemas']['OrderMoment'];

/** A change of an order's status. */
export type OrderEvent = Moment & { id: string | undefined };

/** What the events of an order tell, until it is delivered or cancelled. */
export async function* statusesOf(
	events: AsyncGenerator<ServerEvent, void, undefined>
): AsyncGenerator<OrderEvent, void, undefined> {
	for await (const event of events) {
		const moment = JSON.parse(event.data) as Moment;
		yield { ...moment, id: event.id };
		if (moment.status === 'delivered' || moment.status === 'cancelled') return;
	}
}
