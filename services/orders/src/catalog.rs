//! The neighbour `catalog`: prices and stock. The port and its HTTP client.

use async_trait::async_trait;
use client::{Neighbour, NeighbourError};
use http::Method;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Error,
    cart::{Cart, Item, Quote},
    order::Line,
    saga::Outcome,
};

/// What orders need of the catalog. Reservations are made once per order and are repeatable.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Prices and stock, in one call; products that do not exist are left out.
    async fn quote(&self, products: &[Uuid]) -> Result<Vec<Quote>, Error>;

    /// The cart at these prices; an empty one needs no call.
    async fn price(&self, items: &[Item]) -> Result<Cart, Error> {
        let products: Vec<Uuid> = items.iter().map(|item| item.product_id).collect();
        let quotes = match products.as_slice() {
            [] => Vec::new(),
            products => self.quote(products).await?,
        };
        Ok(Cart::new(items, quotes)?)
    }

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
    items: Vec<Quote>,
}

#[derive(Serialize)]
struct Reservation {
    lines: Vec<Item>,
}

#[async_trait]
impl Catalog for HttpCatalog {
    async fn quote(&self, products: &[Uuid]) -> Result<Vec<Quote>, Error> {
        let body = Products { products };
        let quotes = self.0.call(Method::POST, "/internal/quotes", &body).await;
        let Quotes { items } = quotes.map_err(|fault| Error::Unavailable(fault.into()))?;
        Ok(items)
    }

    async fn reserve(&self, order_id: Uuid, lines: &[Line]) -> Outcome {
        let body = Reservation {
            lines: lines.iter().map(Line::item).collect(),
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
                let all = lines.iter().map(|line| line.product_id);
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
                let position = error.pointer.strip_prefix("/lines/")?;
                lines.get(position.parse::<usize>().ok()?)
            });
            Outcome::OutOfStock(named.map(|line| line.product_id).collect())
        }
        NeighbourError::Refused(_) | NeighbourError::Unavailable(_) => {
            tracing::warn!(%fault, "the catalog did not do its step");
            Outcome::Unknown
        }
    }
}
