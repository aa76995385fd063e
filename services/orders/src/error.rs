//! What can go wrong in orders, as facts, and how each fact is answered.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use kit::http::{FieldError, Kind, Problem, kinds};
use uuid::Uuid;

use crate::{cart::MAX_ITEMS, consent::PriceChange, money::BadMoney};

const CART_FULL: Kind = Kind::new(409, "cart-full", "The cart is full");
const CART_EMPTY: Kind = Kind::new(422, "cart-empty", "There is nothing to order");
const PAYMENT_DECLINED: Kind = Kind::new(402, "payment-declined", "The card was declined");
const OUT_OF_STOCK: Kind = Kind::new(409, "out-of-stock", "Not everything is in stock");
const TOO_MANY_DECLINES: Kind = Kind::new(429, "too-many-declines", "Too many cards were declined");
const TOO_MANY_STREAMS: Kind = Kind::new(429, "too-many-streams", "Too many streams are open");
const ACCOUNT_DELETED: Kind = Kind::new(403, "account-deleted", "This account was deleted");
const PRICE_CHANGED: Kind = Kind::new(409, "price-changed", "The price has changed");

/// All of them, for the document.
pub(crate) const KINDS: &[Kind] = &[
    CART_FULL,
    CART_EMPTY,
    PAYMENT_DECLINED,
    OUT_OF_STOCK,
    TOO_MANY_DECLINES,
    TOO_MANY_STREAMS,
    ACCOUNT_DELETED,
    PRICE_CHANGED,
];

/// Why an operation did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself is at fault.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// It does not exist, or not for this user.
    #[error("not found")]
    NotFound,
    /// The cart holds as many products as it may.
    #[error("the cart is full")]
    CartFull,
    /// The user has deleted the account.
    #[error("the account was deleted")]
    AccountDeleted,
    /// There is nothing to order.
    #[error("the cart is empty")]
    CartEmpty,
    /// The address book has no such address.
    #[error("unknown address")]
    UnknownAddress,
    /// The card was refused; the order is cancelled.
    #[error("the payment was declined")]
    PaymentDeclined,
    /// So many cards were declined that the next one has to wait this long.
    #[error("too many cards were declined")]
    TooManyDeclines(Duration),
    /// The user has as many streams open as one may have.
    #[error("too many streams are open")]
    TooManyStreams,
    /// These products cannot be had in this quantity.
    #[error("out of stock: {0:?}")]
    OutOfStock(Vec<Uuid>),
    /// The cart does not cost what the shopper agreed to.
    #[error("the price has changed")]
    PriceChanged(Box<PriceChange>),
    /// The idempotency key came before, with another request or basket.
    #[error("the key was used before")]
    KeyReused,
    /// The order's status does not allow this.
    #[error("wrong state")]
    WrongState,
    /// The order's payment is still being taken; in a moment this may be allowed.
    #[error("still settling")]
    Settling,
    /// A neighbour or the store cannot be reached.
    #[error("unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of this shop.
    #[error("internal: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

kit::store_errors!(Error);

impl From<BadMoney> for Error {
    fn from(fault: BadMoney) -> Self {
        Self::Internal(fault.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem,
            Self::NotFound => Problem::not_found(),
            Self::CartFull => CART_FULL
                .problem()
                .detail(format!("A cart holds at most {MAX_ITEMS} products.")),
            Self::AccountDeleted => ACCOUNT_DELETED.problem(),
            Self::CartEmpty => CART_EMPTY.problem(),
            Self::UnknownAddress => kinds::INVALID_BODY.problem().errors(vec![FieldError {
                pointer: "/address_id".to_owned(),
                detail: "is no address of your address book".to_owned(),
            }]),
            Self::PaymentDeclined => PAYMENT_DECLINED
                .problem()
                .detail("Nothing was charged and your cart is as it was. Try another card."),
            Self::TooManyDeclines(wait) => TOO_MANY_DECLINES
                .problem()
                .detail("Nothing was ordered or charged. Wait a few minutes and try again.")
                .retry_after(wait.as_secs() + 1),
            Self::TooManyStreams => TOO_MANY_STREAMS
                .problem()
                .detail("Close one of them and try again.")
                .retry_after(10),
            Self::OutOfStock(products) => {
                let errors = products.into_iter().map(|product| FieldError {
                    pointer: format!("/items/{product}"),
                    detail: "is not in stock in this quantity".to_owned(),
                });
                OUT_OF_STOCK
                    .problem()
                    .detail("Nothing was charged. Change these items of your cart and try again.")
                    .errors(errors.collect())
            }
            Self::PriceChanged(change) => PRICE_CHANGED
                .problem()
                .detail("Nothing was ordered or charged. See what your cart costs now.")
                .member("price_change", &change),
            Self::KeyReused => kinds::KEY_REUSED
                .problem()
                .detail("Make a new Idempotency-Key for each new intent."),
            Self::WrongState => kinds::WRONG_STATE.problem(),
            Self::Settling => kinds::WRONG_STATE
                .problem()
                .detail("The order's payment is still being taken. Try again in a moment."),
            Self::Unavailable(cause) => Problem::unavailable().because(cause),
            Self::Internal(cause) => Problem::internal().because(cause),
        }
        .into_response()
    }
}
