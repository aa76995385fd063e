//! `POST /internal/quotes`: what products cost today, for a neighbour's cart.

use axum::{Json, extract::State};
use kit::http::{Faults, Parse, ValidJson};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    AppState, Error,
    product::{Currency, Money},
    store,
};

/// The products asked for, at most 100.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuoteRequest {
    products: Vec<Uuid>,
}

/// What they cost. Products that do not exist are left out.
#[derive(Serialize)]
pub(crate) struct Quotes {
    items: Vec<Quote>,
}

#[derive(Serialize)]
struct Quote {
    product_id: Uuid,
    name: String,
    category: String,
    unit_price: Money,
    stock: i64,
    /// A cart may hold it still; nobody can put it there.
    is_retired: bool,
}

/// Quotes prices and stock.
pub(crate) async fn quote(
    State(state): State<AppState>,
    ValidJson(products): ValidJson<QuoteRequest>,
) -> Result<Json<Quotes>, Error> {
    let items = state
        .store
        .quote(&products)
        .await?
        .into_iter()
        .map(Quote::from)
        .collect();
    Ok(Json(Quotes { items }))
}

impl From<store::Quote> for Quote {
    fn from(quote: store::Quote) -> Self {
        Self {
            product_id: quote.product_id,
            name: quote.name,
            category: quote.category,
            unit_price: Money {
                amount: quote.price,
                currency: Currency::Usd,
            },
            stock: quote.stock,
            is_retired: quote.is_retired,
        }
    }
}

impl Parse for QuoteRequest {
    type Valid = Vec<Uuid>;

    fn parse(self, faults: &mut Faults) -> Option<Vec<Uuid>> {
        if self.products.len() > 100 {
            faults.add("/products", "has at most 100 products");
        }
        Some(self.products)
    }
}
