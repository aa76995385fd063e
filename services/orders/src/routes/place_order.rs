//! `POST /v1/orders`: the checkout.
//!
//! The cart is priced, placed as an order with its key, and driven; the answer waits for the
//! outcome. What the key says is asked only when an order cannot be placed.

mod body;

use axum::{Json, extract::State};
use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use kit::{
    http::{IdempotencyKey, ProblemBody, ValidJson},
    identity,
};
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    cart::same_basket,
    consent::PriceChange,
    declines,
    driver::Driven,
    order::{Fingerprint, Order, Status},
    saga::Reason,
    store::Placing,
};
use body::{Checkout, Destination, PlaceOrder, Sent};

/// How often a cart that changes meanwhile is priced again.
const TRIES: u32 = 5;

/// Why the cart cannot be ordered as it is.
#[derive(ToSchema)]
#[schema(as = CheckoutConflict)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct Conflict {
    #[serde(flatten)]
    problem: ProblemBody,
    /// Of `price-changed` alone.
    #[schema(nullable = false)]
    price_change: Option<PriceChange>,
}

type Answer = (StatusCode, [(HeaderName, HeaderValue); 1], Json<Order>);

/// Orders the cart's content, once per key: the same key returns the same order, or the same
/// refusal. A refused checkout is a cancelled order, and its items return to the cart.
///
/// The order costs `expected_total` or is not placed: a total or price that has changed since the
/// shopper saw it is refused, which does not use up the key.
///
/// 202 means that the outcome is not known yet; it will be, watch the order.
#[utoipa::path(
    post,
    path = "/v1/orders",
    tag = "orders",
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255,
        pattern = "^[!-~]([ -~]*[!-~])?$",
        description = "The caller's name for this intent, e.g. a new UUID")),
    request_body = PlaceOrder,
    responses(
        (status = 201, description = "The confirmed order", body = Order,
            headers(("Location" = String, description = "The order"))),
        (status = 202, description = "The order, whose outcome is not known yet", body = Order,
            headers(("Location" = String, description = "The order"))),
        (status = 402, description = "`payment-declined`"),
        (status = 403, description = "`account-deleted`"),
        (status = 409, description = "`out-of-stock`: `errors` names `/items/<product_id>`; or `price-changed`: see `price_change`",
            body = Conflict, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-body`, `cart-empty` or `key-reused`"),
        (status = 429, description = "`too-many-declines`: of this user's cards, see `Retry-After`"),
    ),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "timeout_ms": 10000, "priority": "high" }))),
)]
pub(crate) async fn place_order(
    State(state): State<AppState>,
    user: identity::User,
    key: IdempotencyKey,
    ValidJson(checkout): ValidJson<Sent>,
) -> Result<Answer, Error> {
    let fingerprint = checkout.fingerprint();
    let placed = place(&state, user.id, &key, fingerprint, checkout).await;
    let order = match placed {
        Ok(driven) => state.driver.outcome(driven, state.checkout_wait).await?,
        // The same call may have come before. Then it is answered as it was, whatever stands in
        // its way now: after a success the cart is empty, and the shelf may be.
        Err(refusal) => {
            let known = state.store.find_by_key(user.id, key.as_str()).await?;
            let (order, known) = known.ok_or(refusal)?;
            check_same(&state, &order, known == fingerprint).await?;
            let deadline = Instant::now() + state.checkout_wait;
            state.driver.follow(order.id, deadline).await?
        }
    };
    answer(order)
}

/// Places what is in the cart at today's prices, and has the order driven.
async fn place(
    state: &AppState,
    user_id: Uuid,
    key: &IdempotencyKey,
    fingerprint: Fingerprint,
    checkout: Checkout,
) -> Result<Driven, Error> {
    let now = Timestamp::now();
    let declined = state.store.declined(user_id, now).await?;
    if let Some(wait) = declines::wait(&declined, now) {
        return Err(Error::TooManyDeclines(wait));
    }
    let address = match checkout.destination {
        Destination::Here(address) => address,
        Destination::OfBook(id) => {
            let address = state.neighbours.users.address(user_id, id).await?;
            address.ok_or(Error::UnknownAddress)?
        }
    };
    for _ in 0..TRIES {
        let items = state.store.cart(user_id).await?;
        let cart = state.neighbours.catalog.price(&items).await?;
        let missing = cart.missing();
        if items.is_empty() {
            return Err(Error::CartEmpty);
        }
        if !missing.is_empty() {
            return Err(Error::OutOfStock(missing));
        }
        let agreed = checkout.consent.covers(&cart);
        agreed.map_err(Error::PriceChanged)?;
        let order = Order::new(user_id, cart, address.clone(), checkout.token.clone());
        let lease = state.driver.lease();
        let placing = state.store.place(&order, key.as_str(), fingerprint, &lease);
        match placing.await? {
            Placing::Placed => return Ok(state.driver.spawn(order, lease)),
            Placing::AccountDeleted => return Err(Error::AccountDeleted),
            Placing::KeyUsed => return Err(Error::KeyReused),
            Placing::CartChanged | Placing::NumberTaken => {}
        }
    }
    Err(Error::Unavailable("the cart changes all the time".into()))
}

/// A key that comes again must bring the same request; and the same basket, unless the cart is
/// empty, as it is after the order was placed.
async fn check_same(state: &AppState, order: &Order, is_same_request: bool) -> Result<(), Error> {
    let cart = state.store.cart(order.user_id).await?;
    match is_same_request && (cart.is_empty() || same_basket(&cart, &order.items())) {
        true => Ok(()),
        false => Err(Error::KeyReused),
    }
}

fn answer(order: Order) -> Result<Answer, Error> {
    let status = match (&order.reason, order.status) {
        (Some(Reason::PaymentDeclined), _) => return Err(Error::PaymentDeclined),
        (Some(Reason::OutOfStock(products)), _) => {
            return Err(Error::OutOfStock(products.clone()));
        }
        (_, Status::Placed) => StatusCode::ACCEPTED,
        (_, Status::Confirmed | Status::Shipped | Status::Delivered | Status::Cancelled) => {
            StatusCode::CREATED
        }
    };
    let location = format!("/v1/orders/{}", order.id);
    let location = HeaderValue::try_from(location).expect("a UUID is ASCII");
    Ok((status, [(header::LOCATION, location)], Json(order)))
}
