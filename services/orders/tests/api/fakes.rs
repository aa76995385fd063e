//! The neighbours in memory: a catalog that counts its stock, payments that count the money, and
//! address books.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use orders::{
    Error,
    address::Address,
    cart::{Item, Quote},
    catalog::Catalog,
    money::Money,
    order::Line,
    payment::{Card, PaymentStatus, Token},
    payments::Payments,
    saga::Outcome,
    users::Users,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// A catalog in memory that counts its stock.
#[derive(Default)]
pub(crate) struct FakeCatalog {
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    products: HashMap<Uuid, Quote>,
    reserved: HashMap<Uuid, Vec<Item>>,
    sold: HashSet<Uuid>,
    released: HashSet<Uuid>,
    gone: bool,
    refuses_commits: bool,
    sells_out: Option<Uuid>,
}

impl FakeCatalog {
    /// Puts a product on the shelf and returns its id.
    pub(crate) fn add(&self, name: &str, cents: u32, stock: i64) -> Uuid {
        let quote = Quote {
            product_id: Uuid::now_v7(),
            name: name.to_owned(),
            category: Some("tools".to_owned()),
            unit_price: Money::cents(cents).into(),
            stock,
            is_retired: false,
        };
        let id = quote.product_id;
        self.shelf().products.insert(id, quote);
        id
    }

    /// How many pieces are free.
    pub(crate) fn stock(&self, product: Uuid) -> i64 {
        self.shelf().products.get(&product).map_or(0, |q| q.stock)
    }

    /// Sets how many pieces are free.
    pub(crate) fn set_stock(&self, product: Uuid, stock: i64) {
        if let Some(quote) = self.shelf().products.get_mut(&product) {
            quote.stock = stock;
        }
    }

    /// Sets what a piece costs.
    pub(crate) fn set_price(&self, product: Uuid, cents: u32) {
        if let Some(quote) = self.shelf().products.get_mut(&product) {
            quote.unit_price = Money::cents(cents).into();
        }
    }

    /// Sells a product no longer.
    pub(crate) fn retire(&self, product: Uuid) {
        if let Some(quote) = self.shelf().products.get_mut(&product) {
            quote.is_retired = true;
            quote.stock = 0;
        }
    }

    /// Has a product cost euros.
    pub(crate) fn price_in_euros(&self, product: Uuid) {
        if let Some(quote) = self.shelf().products.get_mut(&product) {
            quote.unit_price.currency = "EUR".to_owned();
        }
    }

    /// Whether the order's stock is sold.
    pub(crate) fn is_sold(&self, order_id: Uuid) -> bool {
        self.shelf().sold.contains(&order_id)
    }

    /// Makes every call fail, or work again.
    pub(crate) fn set_gone(&self, gone: bool) {
        self.shelf().gone = gone;
    }

    /// Makes every commit fail, or work again.
    pub(crate) fn refuse_commits(&self, refuses: bool) {
        self.shelf().refuses_commits = refuses;
    }

    /// Lets somebody else buy all of a product just before the next reservation.
    pub(crate) fn sell_out_at_reservation(&self, product: Uuid) {
        self.shelf().sells_out = Some(product);
    }

    /// Lets the order's reservation lapse and its stock go to somebody else.
    pub(crate) fn lose(&self, order_id: Uuid) {
        self.shelf().reserved.remove(&order_id);
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Catalog for FakeCatalog {
    async fn quote(&self, products: &[Uuid]) -> Result<Vec<Quote>, Error> {
        let shelf = self.shelf();
        if shelf.gone {
            return Err(Error::Unavailable("the fake catalog is gone".into()));
        }
        if products.len() > 100 {
            return Err(Error::Unavailable("a quote is of 1 to 100 products".into()));
        }
        let known = products.iter().filter_map(|id| shelf.products.get(id));
        Ok(known.cloned().collect())
    }

    async fn reserve(&self, order_id: Uuid, lines: &[Line]) -> Outcome {
        let mut shelf = self.shelf();
        if shelf.gone || shelf.released.contains(&order_id) {
            return Outcome::Unknown;
        }
        if shelf.reserved.contains_key(&order_id) {
            return Outcome::Done;
        }
        if let Some(product) = shelf.sells_out.take()
            && let Some(quote) = shelf.products.get_mut(&product)
        {
            quote.stock = 0;
        }
        let items: Vec<Item> = lines.iter().map(Line::item).collect();
        let stock = |id: &Uuid| shelf.products.get(id).map_or(0, |quote| quote.stock);
        let short = items
            .iter()
            .filter(|item| stock(&item.product_id) < item.quantity.get().into());
        let short: Vec<Uuid> = short.map(|item| item.product_id).collect();
        if !short.is_empty() {
            return Outcome::OutOfStock(short);
        }
        for item in &items {
            if let Some(quote) = shelf.products.get_mut(&item.product_id) {
                quote.stock -= i64::from(item.quantity.get());
            }
        }
        shelf.reserved.insert(order_id, items);
        Outcome::Done
    }

    async fn commit(&self, order_id: Uuid, lines: &[Line]) -> Outcome {
        let mut shelf = self.shelf();
        if shelf.gone || shelf.refuses_commits || shelf.released.contains(&order_id) {
            return Outcome::Unknown;
        }
        if !shelf.reserved.contains_key(&order_id) {
            let all = lines.iter().map(|line| line.product_id);
            return Outcome::OutOfStock(all.collect());
        }
        shelf.sold.insert(order_id);
        Outcome::Done
    }

    async fn release(&self, order_id: Uuid) -> Outcome {
        let mut shelf = self.shelf();
        if shelf.gone {
            return Outcome::Unknown;
        }
        shelf.released.insert(order_id);
        shelf.sold.remove(&order_id);
        for item in shelf.reserved.remove(&order_id).unwrap_or_default() {
            if let Some(quote) = shelf.products.get_mut(&item.product_id) {
                quote.stock += i64::from(item.quantity.get());
            }
        }
        Outcome::Done
    }
}

/// Payments in memory that count the money. Tokens work as in the simulated network.
#[derive(Default)]
pub(crate) struct FakePayments {
    till: Mutex<Till>,
}

#[derive(Default)]
struct Till {
    payments: HashMap<Uuid, FakePayment>,
    gone: bool,
}

#[derive(Clone, Copy)]
struct FakePayment {
    status: PaymentStatus,
    amount: i64,
    captures: u32,
    asked: u32,
}

impl FakePayments {
    /// Makes every call fail, or work again.
    pub(crate) fn set_gone(&self, gone: bool) {
        self.till().gone = gone;
    }

    /// Releases what is held for the order, as if payments had lost it.
    pub(crate) fn lose_hold(&self, order_id: Uuid) {
        if let Some(payment) = self.till().payments.get_mut(&order_id) {
            payment.status = PaymentStatus::Voided;
        }
    }

    /// Where the order's payment stands.
    pub(crate) fn status(&self, order_id: Uuid) -> Option<PaymentStatus> {
        self.till().payments.get(&order_id).map(|p| p.status)
    }

    /// What all captures took and no refund gave back, in cents.
    pub(crate) fn taken(&self) -> i64 {
        let till = self.till();
        let captured = till
            .payments
            .values()
            .filter(|p| p.status == PaymentStatus::Captured);
        captured.map(|p| p.amount * i64::from(p.captures)).sum()
    }

    fn till(&self) -> MutexGuard<'_, Till> {
        self.till.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn visa() -> Card {
    Card {
        brand: "visa".to_owned(),
        last4: "4242".to_owned(),
    }
}

#[async_trait]
impl Payments for FakePayments {
    async fn authorise(
        &self,
        order_id: Uuid,
        token: &Token,
        amount: Money,
    ) -> (Outcome, Option<Card>) {
        let mut till = self.till();
        if till.gone {
            return (Outcome::Unknown, None);
        }
        let payment = till.payments.entry(order_id).or_insert(FakePayment {
            status: PaymentStatus::Pending,
            amount: amount.minor(),
            captures: 0,
            asked: 0,
        });
        if payment.status == PaymentStatus::Pending {
            payment.asked += 1;
            payment.status = match (token.as_str(), payment.asked) {
                ("tok_visa" | "tok_mastercard", _) | ("tok_unknown", 2..) => {
                    PaymentStatus::Authorised
                }
                ("tok_unknown", _) => PaymentStatus::Pending,
                _ => PaymentStatus::Declined,
            };
        }
        match payment.status {
            PaymentStatus::Authorised | PaymentStatus::Captured => (Outcome::Done, Some(visa())),
            PaymentStatus::Pending => (Outcome::Unknown, None),
            PaymentStatus::Declined | PaymentStatus::Voided | PaymentStatus::Refunded => {
                (Outcome::Declined, Some(visa()))
            }
        }
    }

    async fn capture(&self, order_id: Uuid) -> Outcome {
        let mut till = self.till();
        if till.gone {
            return Outcome::Unknown;
        }
        match till.payments.get_mut(&order_id) {
            Some(payment) if payment.status == PaymentStatus::Authorised => {
                payment.status = PaymentStatus::Captured;
                payment.captures += 1;
                Outcome::Done
            }
            Some(payment) if payment.status == PaymentStatus::Captured => Outcome::Done,
            Some(_) | None => Outcome::Declined,
        }
    }

    async fn void_or_refund(&self, order_id: Uuid) -> Option<PaymentStatus> {
        let mut till = self.till();
        if till.gone {
            return None;
        }
        let payment = till.payments.entry(order_id).or_insert(FakePayment {
            status: PaymentStatus::Voided,
            amount: 0,
            captures: 0,
            asked: 0,
        });
        payment.status = match payment.status {
            PaymentStatus::Captured | PaymentStatus::Refunded => PaymentStatus::Refunded,
            PaymentStatus::Pending
            | PaymentStatus::Authorised
            | PaymentStatus::Declined
            | PaymentStatus::Voided => PaymentStatus::Voided,
        };
        Some(payment.status)
    }

    async fn list(&self, order_ids: &[Uuid]) -> Result<Vec<Value>, Error> {
        let till = self.till();
        if till.gone {
            return Err(Error::Unavailable("the fake payments are gone".into()));
        }
        let known = order_ids.iter().filter(|id| till.payments.contains_key(id));
        Ok(known.map(|id| json!({ "order_id": id })).collect())
    }
}

/// Address books in memory.
#[derive(Default)]
pub(crate) struct FakeUsers {
    addresses: Mutex<HashMap<(Uuid, Uuid), Address>>,
}

impl FakeUsers {
    /// Puts an address into a user's book and returns its id.
    pub(crate) fn add(&self, user_id: Uuid, address: Address) -> Uuid {
        let id = Uuid::now_v7();
        let mut addresses = self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        addresses.insert((user_id, id), address);
        id
    }
}

#[async_trait]
impl Users for FakeUsers {
    async fn address(&self, user_id: Uuid, id: Uuid) -> Result<Option<Address>, Error> {
        let addresses = self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(addresses.get(&(user_id, id)).cloned())
    }
}
