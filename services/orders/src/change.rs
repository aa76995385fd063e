//! What may become of an order: the rules by which it is confirmed, settled, cancelled, shipped and
//! delivered. Pure: each rule makes a [`Change`], and the store keeps all of it or nothing.

use jiff::Timestamp;
use kit::events::Event;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Error,
    cart::Quantity,
    money::Money,
    order::{Order, Status, TimelineEntry, now},
    payment::PaymentStatus,
    saga::{Reason, Saga},
    tracking::TrackingCode,
};

/// A change that is to be stored.
#[derive(Debug)]
pub struct Change {
    /// The order as it is from now on.
    pub order: Order,
    /// Whether it has a new status: then the last entry of its timeline is new too.
    pub is_of_status: bool,
    /// Whether its lines go back to the cart, as far as the cart has room for them.
    pub returns_to_cart: bool,
}

impl Order {
    /// Stock and money are certain.
    pub fn confirm(mut self) -> Change {
        self.payment.status = PaymentStatus::Authorised;
        self.enter(Saga::Confirmed).becomes(Status::Confirmed)
    }

    /// The stock is sold, the money is taken.
    pub fn settle(mut self) -> Change {
        self.payment.status = PaymentStatus::Captured;
        self.enter(Saga::Settled).stays()
    }

    /// The shop refuses. The lines return to the cart, so that another card can be tried.
    pub fn refuse(mut self, reason: Reason) -> Change {
        if reason == Reason::PaymentDeclined {
            self.payment.status = PaymentStatus::Declined;
        }
        Change {
            returns_to_cart: true,
            ..self.cancelled(reason)
        }
    }

    /// The shopper does not want it after all; [`Error::WrongState`] unless it is placed or
    /// confirmed.
    pub fn cancel(self) -> Result<Change, Error> {
        match self.status {
            Status::Placed | Status::Confirmed => Ok(self.cancelled(Reason::Shopper)),
            Status::Shipped | Status::Delivered | Status::Cancelled => Err(Error::WrongState),
        }
    }

    /// Stock and money are back.
    pub fn compensate(self) -> Change {
        self.enter(Saga::Compensated).stays()
    }

    /// The parcel leaves; a code that is known stays where none comes. [`Error::WrongState`] unless
    /// it is confirmed. A parcel must not leave before its stock is sold and its money is taken:
    /// [`Error::Settling`] until then.
    pub fn ship(mut self, code: Option<TrackingCode>) -> Result<Change, Error> {
        if self.status != Status::Confirmed {
            return Err(Error::WrongState);
        }
        if !self.is_settled() {
            return Err(Error::Settling);
        }
        self.tracking_code = code.or(self.tracking_code);
        Ok(self.becomes(Status::Shipped))
    }

    /// The parcel has arrived; [`Error::WrongState`] unless it is shipped.
    pub fn deliver(self) -> Result<Change, Error> {
        if self.status != Status::Shipped {
            return Err(Error::WrongState);
        }
        Ok(self.becomes(Status::Delivered))
    }

    /// Whether nothing is left to do.
    pub fn is_settled(&self) -> bool {
        self.saga.step().is_none()
    }

    /// Whether nothing can follow, and nothing is left to do.
    pub fn is_over(&self) -> bool {
        self.status.is_final() && self.is_settled()
    }

    /// Whether a checkout or a cancellation can be answered: it is decided and, when cancelled, all
    /// is given back; or it was put off.
    pub fn is_answerable(&self) -> bool {
        match self.saga {
            Saga::Placed | Saga::Cancelling => self.attempts > 0,
            Saga::Reserved | Saga::Released => false,
            Saga::Confirmed | Saga::Committed | Saga::Settled | Saga::Compensated => true,
        }
    }

    fn cancelled(mut self, reason: Reason) -> Change {
        self.reason = Some(reason);
        self.enter(Saga::Cancelling).becomes(Status::Cancelled)
    }

    /// In each state after the first the card has answered, or need not answer any more.
    fn enter(mut self, saga: Saga) -> Self {
        self.saga = saga;
        self.attempts = 0;
        self.payment.token = None;
        self
    }

    fn becomes(mut self, status: Status) -> Change {
        let last = self.timeline.last();
        let entry = TimelineEntry {
            sequence: last.map_or(0, |last| last.sequence) + 1,
            // Not before the last one, although the clock may have been set back.
            at: last.map_or(now(), |last| now().max(last.at)),
            status,
        };
        self.status = status;
        self.timeline.push(entry);
        Change {
            is_of_status: true,
            ..self.stays()
        }
    }

    fn stays(self) -> Change {
        Change {
            order: self,
            is_of_status: false,
            returns_to_cart: false,
        }
    }
}

impl Change {
    /// What the change adds to the timeline.
    pub fn entry(&self) -> Option<&TimelineEntry> {
        let last = self.order.timeline.last();
        last.filter(|_| self.is_of_status)
    }

    /// What others hear of the change: `order.<status>`.
    pub fn event(&self) -> Option<Event> {
        self.is_of_status.then(|| {
            let order = &self.order;
            let lines = order.lines.iter().map(|line| LineFacts {
                product_id: line.product_id,
                quantity: line.quantity,
                name: &line.name,
                category: line.category.as_deref(),
                unit_price: line.unit_price,
            });
            let facts = StatusFacts {
                order_id: order.id,
                user_id: order.user_id,
                status: order.status,
                reason: order.reason.as_ref().map(<&str>::from),
                at: self.entry().map_or(order.placed_at, |entry| entry.at),
                placed_at: order.placed_at,
                subtotal: order.subtotal,
                shipping: order.shipping,
                tax: order.tax,
                total: order.total,
                lines: lines.collect(),
            };
            let topic = format!("order.{}", <&str>::from(order.status));
            Event::new(&topic, order.id, &facts)
        })
    }
}

/// The facts of an event, which others count by: nothing of a person but the id of the account.
#[derive(Serialize)]
struct StatusFacts<'a> {
    order_id: Uuid,
    user_id: Uuid,
    status: Status,
    reason: Option<&'static str>,
    #[serde(serialize_with = "kit::http::milliseconds")]
    at: Timestamp,
    #[serde(serialize_with = "kit::http::milliseconds")]
    placed_at: Timestamp,
    subtotal: Money,
    shipping: Money,
    tax: Money,
    total: Money,
    lines: Vec<LineFacts<'a>>,
}

/// A line as it was bought.
#[derive(Serialize)]
struct LineFacts<'a> {
    product_id: Uuid,
    quantity: Quantity,
    name: &'a str,
    category: Option<&'a str>,
    unit_price: Money,
}
