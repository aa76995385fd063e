//! What may become of an order: the rules by which it is confirmed, settled, cancelled, shipped and
//! delivered. Pure: each rule makes a [`Change`], and the store keeps all of it or nothing.

use kit::events::Event;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Error,
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
        let last = self.timeline.last().map_or(0, |entry| entry.sequence);
        self.status = status;
        self.timeline.push(TimelineEntry {
            sequence: last + 1,
            status,
            at: now(),
        });
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
        let Order { id, status, .. } = self.order;
        let lines = self.order.items().into_iter().map(|item| LineFacts {
            product_id: item.product_id,
            quantity: item.quantity.get(),
        });
        let facts = StatusFacts {
            order_id: id,
            status,
            lines: lines.collect(),
        };
        let event = || Event::new(&format!("order.{}", status.name()), id, &facts);
        self.is_of_status.then(event)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cart::{Item, PricedCart, Quote},
        money::Money,
    };

    fn placed() -> Order {
        let item = Item {
            product_id: Uuid::now_v7(),
            quantity: 2.try_into().unwrap(),
        };
        let quote = Quote {
            product_id: item.product_id,
            name: "Trowel".into(),
            unit_price: Money::cents(1_000).unwrap(),
            stock: 5,
        };
        let cart = PricedCart::new(&[item], vec![quote]).unwrap();
        let address = serde_json::json!({
            "name": "Rose Gardener", "line1": "1 Orchard Lane", "line2": null, "city": "Portland",
            "region": "OR", "postal_code": "97201", "country": "US",
        });
        let address = serde_json::from_value(address).unwrap();
        Order::new(Uuid::now_v7(), cart, address, "tok_visa".parse().unwrap())
    }

    fn confirmed() -> Order {
        placed().confirm().order
    }

    fn settled() -> Order {
        confirmed().settle().order
    }

    fn shipped() -> Order {
        settled().ship(None).unwrap().order
    }

    #[test]
    fn a_purchase_is_confirmed_settled_shipped_and_delivered() {
        let confirmed = placed().confirm();
        assert!(confirmed.is_of_status && confirmed.order.is_answerable());
        assert!(
            confirmed.order.payment.token.is_none(),
            "the card has answered"
        );
        let settled = confirmed.order.settle();
        assert!(!settled.is_of_status && settled.order.is_settled());
        assert_eq!(settled.order.payment.status, PaymentStatus::Captured);

        let delivered = settled.order.ship(None).unwrap().order.deliver().unwrap();

        let statuses = delivered.order.timeline.iter();
        let statuses: Vec<_> = statuses
            .map(|entry| (entry.sequence, entry.status))
            .collect();
        assert_eq!(
            statuses,
            [
                (1, Status::Placed),
                (2, Status::Confirmed),
                (3, Status::Shipped),
                (4, Status::Delivered)
            ]
        );
    }

    #[test]
    fn an_order_may_be_cancelled_until_it_is_shipped() {
        for order in [placed(), confirmed(), settled()] {
            let change = order.cancel().unwrap();
            assert_eq!(change.order.reason, Some(Reason::Shopper));
            assert!(!change.returns_to_cart);
            assert!(matches!(change.order.cancel(), Err(Error::WrongState)));
        }
        assert!(matches!(shipped().cancel(), Err(Error::WrongState)));
        let delivered = shipped().deliver().unwrap().order;
        assert!(matches!(delivered.cancel(), Err(Error::WrongState)));
    }

    #[test]
    fn an_order_may_be_shipped_once_it_is_settled() {
        assert!(matches!(placed().ship(None), Err(Error::WrongState)));
        assert!(matches!(confirmed().ship(None), Err(Error::Settling)));
        assert!(matches!(shipped().ship(None), Err(Error::WrongState)));
        assert!(matches!(settled().deliver(), Err(Error::WrongState)));
    }

    #[test]
    fn a_tracking_code_that_is_known_is_not_forgotten() {
        let [first, second] = ["FIRST", "SECOND"].map(|code| Some(code.parse().unwrap()));
        let known = Order {
            tracking_code: first.clone(),
            ..settled()
        };

        let without = known.clone().ship(None).unwrap().order;
        let with = known.ship(second.clone()).unwrap().order;

        assert_eq!((without.tracking_code, with.tracking_code), (first, second));
    }

    #[test]
    fn a_refusal_returns_the_lines_to_the_cart_and_stays_a_refusal() {
        let mut refused = placed().refuse(Reason::PaymentDeclined);
        assert!(refused.returns_to_cart && !refused.order.is_answerable());
        refused.order.payment.compensated(PaymentStatus::Voided);

        let compensated = refused.order.compensate();

        assert!(compensated.order.is_answerable() && compensated.event().is_none());
        assert_eq!(compensated.order.status, Status::Cancelled);
        assert_eq!(compensated.order.payment.status, PaymentStatus::Declined);
    }

    #[test]
    fn a_change_of_status_is_told_with_what_was_bought() {
        let change = placed().confirm();

        let event = change.event().unwrap();

        assert_eq!(event.topic, "order.confirmed");
        assert_eq!(event.key, change.order.id.to_string());
        let facts: serde_json::Value = event.facts().unwrap();
        assert_eq!(facts["status"], "confirmed");
        assert_eq!(facts["lines"][0]["quantity"], 2);
    }
}
