//! The neighbour `catalog`: prices and stock. The port, its HTTP client, its fake.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use http::Method;
use kit::client::{Neighbour, NeighbourError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Error,
    cart::{Item, Line},
    money::{Money, MoneyView},
    saga::Outcome,
};

/// What a product costs today.
#[derive(Clone, Debug)]
pub struct Quote {
    /// The product.
    pub product_id: Uuid,
    /// Its name.
    pub name: String,
    /// What one piece costs.
    pub unit_price: Money,
    /// How many pieces there are.
    pub stock: i64,
}

/// What orders need of the catalog. Reservations are made once per order and are repeatable.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Prices and stock, in one call; products that do not exist are left out.
    async fn quote(&self, products: &[Uuid]) -> Result<Vec<Quote>, Error>;

    /// Sets all lines aside or none.
    async fn reserve(&self, order_id: Uuid, lines: &[Line]) -> Outcome;

    /// Sells what was set aside.
    async fn commit(&self, order_id: Uuid, lines: &[Line]) -> Outcome;

    /// Puts everything back, set aside or sold; a late reservation is refused.
    async fn release(&self, order_id: Uuid) -> Outcome;
}

/// The catalog over its private operations.
pub struct HttpCatalog(pub Neighbour);

#[derive(Serialize)]
struct Products<'a> {
    products: &'a [Uuid],
}

#[derive(Deserialize)]
struct Quotes {
    items: Vec<QuoteItem>,
}

#[derive(Deserialize)]
struct QuoteItem {
    product_id: Uuid,
    name: String,
    unit_price: MoneyView,
    stock: i64,
}

#[derive(Serialize)]
struct Reservation {
    lines: Vec<ReservationLine>,
}

#[derive(Serialize)]
struct ReservationLine {
    product_id: Uuid,
    quantity: u32,
}

#[async_trait]
impl Catalog for HttpCatalog {
    async fn quote(&self, products: &[Uuid]) -> Result<Vec<Quote>, Error> {
        let body = Products { products };
        let quotes = self
            .0
            .call::<_, Quotes>(Method::POST, "/internal/quotes", &body)
            .await;
        let quotes = quotes.map_err(|fault| Error::Unavailable(fault.into()))?;
        let quotes = quotes.items.into_iter().map(|quote| {
            Ok(Quote {
                product_id: quote.product_id,
                name: quote.name,
                unit_price: quote.unit_price.try_into()?,
                stock: quote.stock,
            })
        });
        quotes.collect()
    }

    async fn reserve(&self, order_id: Uuid, lines: &[Line]) -> Outcome {
        let wire = lines.iter().map(|line| ReservationLine {
            product_id: line.item.product_id,
            quantity: line.item.quantity.get(),
        });
        let body = Reservation {
            lines: wire.collect(),
        };
        let path = format!("/internal/reservations/{order_id}");
        outcome(self.0.call(Method::PUT, &path, &body).await, lines)
    }

    async fn commit(&self, order_id: Uuid, lines: &[Line]) -> Outcome {
        let path = format!("/internal/reservations/{order_id}/commit");
        let answer = self.0.call(Method::POST, &path, &()).await;
        match answer {
            // What was set aside is forgotten altogether.
            Err(fault) if fault.refusal() == Some("not-found") => {
                let all = lines.iter().map(|line| line.item.product_id);
                Outcome::OutOfStock(all.collect())
            }
            answer => outcome(answer, lines),
        }
    }

    async fn release(&self, order_id: Uuid) -> Outcome {
        let path = format!("/internal/reservations/{order_id}");
        outcome(self.0.call(Method::DELETE, &path, &()).await, &[])
    }
}

fn outcome(answer: Result<(), NeighbourError>, lines: &[Line]) -> Outcome {
    let fault = match answer {
        Ok(()) => return Outcome::Done,
        Err(fault) => fault,
    };
    match &fault {
        NeighbourError::Refused(problem) if fault.refusal() == Some("out-of-stock") => {
            let named = problem.errors.iter().filter_map(|error| {
                let place = error.pointer.strip_prefix("/lines/")?;
                lines.get(place.parse::<usize>().ok()?)
            });
            Outcome::OutOfStock(named.map(|line| line.item.product_id).collect())
        }
        NeighbourError::Refused(_) | NeighbourError::Unavailable(_) => {
            tracing::warn!(%fault, "the catalog did not do its step");
            Outcome::Unknown
        }
    }
}

/// A catalog in memory that counts its stock, for tests.
#[derive(Default)]
pub struct FakeCatalog {
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
    pub fn add(&self, name: &str, cents: i64, stock: i64) -> Uuid {
        let quote = Quote {
            product_id: Uuid::now_v7(),
            name: name.to_owned(),
            unit_price: Money::cents(cents).unwrap_or_default(),
            stock,
        };
        let id = quote.product_id;
        self.shelf().products.insert(id, quote);
        id
    }

    /// How many pieces are free.
    pub fn stock(&self, product: Uuid) -> i64 {
        self.shelf().products.get(&product).map_or(0, |q| q.stock)
    }

    /// Sets how many pieces are free.
    pub fn set_stock(&self, product: Uuid, stock: i64) {
        if let Some(quote) = self.shelf().products.get_mut(&product) {
            quote.stock = stock;
        }
    }

    /// Whether the order's stock is sold.
    pub fn is_sold(&self, order_id: Uuid) -> bool {
        self.shelf().sold.contains(&order_id)
    }

    /// Makes every call fail, or work again.
    pub fn set_gone(&self, gone: bool) {
        self.shelf().gone = gone;
    }

    /// Makes every commit fail, or work again.
    pub fn refuse_commits(&self, refuses: bool) {
        self.shelf().refuses_commits = refuses;
    }

    /// Lets somebody else buy all of a product just before the next reservation.
    pub fn sell_out_at_reservation(&self, product: Uuid) {
        self.shelf().sells_out = Some(product);
    }

    /// Lets the order's reservation lapse and its stock go to somebody else.
    pub fn lose(&self, order_id: Uuid) {
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
        let items: Vec<Item> = lines.iter().map(|line| line.item).collect();
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
            let all = lines.iter().map(|line| line.item.product_id);
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
