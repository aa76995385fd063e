//! A cart as one document, and what becomes of it. Pure: [`CartsApart`](super::CartsApart) loads and saves it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Error,
    cart::{Item, MAX_ITEMS, Quantity, same_basket},
};

/// How many orders of each kind a cart remembers: more than can be under way at one cart. A document stays small.
const REMEMBERED_ORDERS: usize = 20;

/// A cart as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptCart {
    items: Vec<KeptItem>,
    /// The orders whose lines came out, the last one last.
    taken: Vec<Uuid>,
    /// The orders that asked for what the cart did not hold.
    refused: Vec<Uuid>,
    /// The orders whose lines came back.
    returned: Vec<Uuid>,
    /// Whether its owner has deleted the account: then it stays empty.
    has_left: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeptItem {
    product_id: Uuid,
    quantity: Quantity,
    /// In microseconds; items are in this order.
    added_at: i64,
}

/// Whether an order has its lines. Of one order it is always the same, but after [`Taking::HasLeft`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// They are out of the cart, now or earlier.
    Taken,
    /// The cart did not hold these lines, now or earlier.
    Refused,
    /// Nothing is ordered by somebody who has left.
    HasLeft,
}

impl KeptCart {
    /// What is in it, in the order in which it was added.
    pub fn items(&self) -> Vec<Item> {
        let items = self.items.iter();
        items
            .map(|item| Item {
                product_id: item.product_id,
                quantity: item.quantity,
            })
            .collect()
    }

    /// Whether its owner has deleted the account.
    pub fn has_left(&self) -> bool {
        self.has_left
    }

    /// Puts an item in, or changes its quantity; [`Error::CartFull`], [`Error::AccountDeleted`].
    pub fn set(&mut self, item: Item, now: Timestamp) -> Result<(), Error> {
        if self.has_left {
            return Err(Error::AccountDeleted);
        }
        if let Some(kept) = self.find(item.product_id) {
            kept.quantity = item.quantity;
            return Ok(());
        }
        if self.items.len() >= MAX_ITEMS {
            return Err(Error::CartFull);
        }
        // After the last one, although the clock may have been set back.
        let last = self.items.last().map_or(i64::MIN, |last| last.added_at);
        self.items.push(KeptItem {
            product_id: item.product_id,
            quantity: item.quantity,
            added_at: now.as_microsecond().max(last.saturating_add(1)),
        });
        Ok(())
    }

    /// Takes a product out.
    pub fn remove(&mut self, product_id: Uuid) {
        self.items.retain(|item| item.product_id != product_id);
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.items.clear();
    }

    /// Takes an order's lines out, if they are what the cart holds, and remembers which it was.
    pub fn take(&mut self, order_id: Uuid, lines: &[Item]) -> Taking {
        if self.taken.contains(&order_id) {
            return Taking::Taken;
        }
        if self.refused.contains(&order_id) {
            return Taking::Refused;
        }
        if self.has_left {
            return Taking::HasLeft;
        }
        if same_basket(&self.items(), lines) {
            self.items.clear();
            remember(&mut self.taken, order_id);
            Taking::Taken
        } else {
            remember(&mut self.refused, order_id);
            Taking::Refused
        }
    }

    /// Returns an order's lines, once: those that the cart has by now stay as they are, and those that it has no
    /// room for do not return.
    pub fn give_back(&mut self, order_id: Uuid, lines: &[Item], placed_at: Timestamp) {
        if self.has_left || self.returned.contains(&order_id) {
            return;
        }
        let placed_at = placed_at.as_microsecond();
        for (line, position) in lines.iter().zip(0_i64..) {
            if self.items.len() < MAX_ITEMS && self.find(line.product_id).is_none() {
                self.items.push(KeptItem {
                    product_id: line.product_id,
                    quantity: line.quantity,
                    added_at: placed_at + position,
                });
            }
        }
        self.items
            .sort_by_key(|item| (item.added_at, item.product_id));
        remember(&mut self.returned, order_id);
    }

    /// Its owner has deleted the account.
    pub fn leave(&mut self) {
        *self = Self {
            has_left: true,
            // An order whose lines are out is placed, whatever died since.
            taken: std::mem::take(&mut self.taken),
            ..Self::default()
        };
    }

    fn find(&mut self, product_id: Uuid) -> Option<&mut KeptItem> {
        let mut items = self.items.iter_mut();
        items.find(|item| item.product_id == product_id)
    }
}

fn remember(orders: &mut Vec<Uuid>, order_id: Uuid) {
    orders.push(order_id);
    let old = orders.len().saturating_sub(REMEMBERED_ORDERS);
    orders.drain(..old);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        Item {
            product_id: Uuid::now_v7(),
            quantity: 2.try_into().unwrap(),
        }
    }

    #[test]
    fn what_an_order_was_told_once_it_is_told_again_whatever_the_cart_holds_by_then() {
        let (item, other, now) = (item(), item(), Timestamp::now());
        let [taken, refused] = [Uuid::now_v7(), Uuid::now_v7()];
        let mut cart = KeptCart::default();
        cart.set(item, now).unwrap();

        assert_eq!(cart.take(refused, &[other]), Taking::Refused);
        assert_eq!(cart.take(taken, &[item]), Taking::Taken);
        cart.set(item, now).unwrap();

        assert_eq!(cart.take(taken, &[item]), Taking::Taken);
        assert_eq!(cart.items(), [item], "it is taken once");
        cart.clear();
        cart.set(other, now).unwrap();
        assert_eq!(cart.take(refused, &[other]), Taking::Refused);
        assert_eq!(cart.items(), [other]);
        cart.leave();
        assert_eq!(cart.take(taken, &[item]), Taking::Taken);
        assert_eq!(cart.take(Uuid::now_v7(), &[]), Taking::HasLeft);
    }

    #[test]
    fn lines_return_once() {
        let (item, order_id, now) = (item(), Uuid::now_v7(), Timestamp::now());
        let mut cart = KeptCart::default();
        cart.set(item, now).unwrap();
        cart.take(order_id, &[item]);

        cart.give_back(order_id, &[item], now);
        cart.remove(item.product_id);
        cart.give_back(order_id, &[item], now);

        assert!(cart.items().is_empty());
    }

    #[test]
    fn a_document_stays_small_however_much_is_ordered() {
        let now = Timestamp::now();
        let mut cart = KeptCart::default();
        for _ in 0..3 * REMEMBERED_ORDERS {
            let (order_id, item) = (Uuid::now_v7(), item());
            cart.take(Uuid::now_v7(), &[item]);
            cart.set(item, now).unwrap();
            assert_eq!(cart.take(order_id, &[item]), Taking::Taken);
            cart.give_back(order_id, &[item], now);
            cart.clear();
        }
        for _ in 0..MAX_ITEMS {
            cart.set(item(), now).unwrap();
        }

        let document = serde_json::to_string(&cart).unwrap();

        assert!(document.len() < 20_000, "{}", document.len());
        assert!(matches!(cart.set(item(), now), Err(Error::CartFull)));
    }
}
