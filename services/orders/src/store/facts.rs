//! What others hear of an order, whatever database it is in.

use kit::events::Event;
use serde::Serialize;
use uuid::Uuid;

use crate::order::{Order, Status};

/// The facts of an event, which others count by.
#[derive(Serialize)]
struct StatusFacts {
    order_id: Uuid,
    status: Status,
    lines: Vec<LineFacts>,
}

#[derive(Serialize)]
struct LineFacts {
    product_id: Uuid,
    quantity: u32,
}

/// The event that tells of this change. None of a placing: who has not heard of an order need not
/// hear that it was placed.
pub(super) fn event(order: &Order, status: Status) -> Option<Event> {
    match status {
        Status::Placed => return None,
        Status::Confirmed | Status::Shipped | Status::Delivered | Status::Cancelled => {}
    }
    let lines = order.lines.iter().map(|line| LineFacts {
        product_id: line.item.product_id,
        quantity: line.item.quantity.get(),
    });
    let facts = StatusFacts {
        order_id: order.id,
        status,
        lines: lines.collect(),
    };
    let topic = format!("order.{}", status.name());
    Some(Event::new(&topic, order.id, &facts))
}
