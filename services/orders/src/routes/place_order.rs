//! `POST /v1/orders`: the checkout.

use axum::{Json, extract::State};
use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use kit::{
    http::{Faults, IdempotencyKey, Parse, ValidJson},
    identity,
};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    address::{Address, AddressBody},
    cart::{Item, PricedCart, same_basket},
    order::{Fingerprint, Number, Order, Payment, PaymentStatus, Status},
    payments::Token,
    routes::{get_cart::price, get_order::OrderView},
    saga::{Reason, Saga},
    store::Placing,
};

/// Where the cart's content goes, and how it is paid. Either `address` or `address_id`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceOrder {
    #[serde(default, deserialize_with = "present")]
    address: Option<AddressBody>,
    #[serde(default, deserialize_with = "present")]
    address_id: Option<Uuid>,
    payment: PaymentInput,
}

/// Where the cart's content goes, and how it is paid.
// As described; it is read as `PlaceOrder`, which can name every field at fault.
#[derive(ToSchema)]
#[schema(as = PlaceOrder)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described")]
enum PlaceOrderBody {
    ToAddress(ToAddress),
    ToSavedAddress(ToSavedAddress),
}

/// An order to an address.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only described")]
struct ToAddress {
    /// Where it goes.
    address: AddressBody,
    /// How it is paid.
    payment: PaymentInput,
}

/// An order to an address of the address book.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only described")]
struct ToSavedAddress {
    /// The address's id.
    address_id: Uuid,
    /// How it is paid.
    payment: PaymentInput,
}

/// A card.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PaymentInput {
    /// Stands for the card: `tok_visa` and `tok_mastercard` are approved, `tok_declined` is
    /// declined, `tok_unknown` is approved after a while.
    #[schema(pattern = "^tok_[a-z]{1,32}$", example = "tok_visa")]
    token: String,
}

/// What a valid request asks for.
pub(crate) struct Checkout {
    destination: Destination,
    token: Token,
}

enum Destination {
    Here(Address),
    OfBook(Uuid),
}

type Answer = (StatusCode, [(HeaderName, HeaderValue); 1], Json<OrderView>);

/// Orders the cart's content, once per key: the same key returns the same order, or the same
/// refusal. A refused checkout is a cancelled order, and its items return to the cart.
///
/// 202 means that the outcome is not known yet; it will be, watch the order.
#[utoipa::path(
    post,
    path = "/v1/orders",
    tag = "orders",
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255,
        pattern = "^[!-~]([ -~]*[!-~])?$",
        description = "The caller's name for this intent, e.g. a new UUID")),
    request_body = PlaceOrderBody,
    responses(
        (status = 201, description = "The confirmed order", body = OrderView,
            headers(("Location" = String, description = "The order"))),
        (status = 202, description = "The order, whose outcome is not known yet", body = OrderView,
            headers(("Location" = String, description = "The order"))),
        (status = 402, description = "`payment-declined`"),
        (status = 409, description = "`out-of-stock`: `errors` names `/items/<product_id>`"),
        (status = 422, description = "`invalid-body`, `cart-empty` or `key-reused`"),
    ),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "timeout_ms": 10000 }))),
)]
pub(crate) async fn place_order(
    State(state): State<AppState>,
    user: identity::User,
    key: IdempotencyKey,
    ValidJson(checkout): ValidJson<PlaceOrder>,
) -> Result<Answer, Error> {
    let fingerprint = checkout.fingerprint();
    let listener = state.hub.listen();
    // The key comes before the cart: after a success, a repeated call finds the cart empty.
    if let Some((order, known)) = state.store.find_by_key(user.id, key.as_str()).await? {
        let cart = state.store.cart(user.id).await?;
        check_same(&order, known, fingerprint, &cart)?;
        return follow(&state, order.id, listener).await;
    }

    let address = match checkout.destination {
        Destination::Here(address) => address,
        Destination::OfBook(id) => {
            let address = state.users.address(user.id, id).await?;
            address.ok_or(Error::UnknownAddress)?
        }
    };
    loop {
        let items = state.store.cart(user.id).await?;
        let cart = price(&state, &items).await?;
        let missing = cart.missing();
        if items.is_empty() || !missing.is_empty() {
            // The same call may have emptied the cart, or the shelf, a moment ago.
            if let Some((order, known)) = state.store.find_by_key(user.id, key.as_str()).await? {
                check_same(&order, known, fingerprint, &items)?;
                return follow(&state, order.id, listener).await;
            }
            return Err(match missing.as_slice() {
                [] => Error::CartEmpty,
                [..] => Error::OutOfStock(missing),
            });
        }
        let order = new_order(user.id, cart, address.clone(), checkout.token.clone());
        let lease = state.driver.lease();
        let placing = state
            .store
            .place(&order, key.as_str(), fingerprint, &lease)
            .await?;
        match placing {
            Placing::Placed => {
                let id = order.id;
                state.driver.spawn(order, lease);
                return follow(&state, id, listener).await;
            }
            Placing::Exists(stored, known) => {
                check_same(&stored, known, fingerprint, &items)?;
                return follow(&state, stored.id, listener).await;
            }
            Placing::CartChanged | Placing::NumberTaken => {}
        }
    }
}

/// A key that comes again must bring the same request; and the same basket, unless the cart is
/// empty, as it is after the order was placed.
fn check_same(
    order: &Order,
    known: Fingerprint,
    fingerprint: Fingerprint,
    cart: &[Item],
) -> Result<(), Error> {
    if known == fingerprint && (cart.is_empty() || same_basket(cart, &order.items())) {
        Ok(())
    } else {
        Err(Error::KeyReused)
    }
}

/// Waits for the order's outcome and answers it.
async fn follow(
    state: &AppState,
    id: Uuid,
    listener: crate::hub::Listener,
) -> Result<Answer, Error> {
    let order = state
        .driver
        .outcome(id, listener, state.checkout_wait)
        .await?;
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
    let location = HeaderValue::try_from(format!("/v1/orders/{id}")).expect("a UUID is ASCII");
    Ok((status, [(header::LOCATION, location)], Json(order.into())))
}

fn new_order(user_id: Uuid, cart: PricedCart, address: Address, token: Token) -> Order {
    Order {
        id: Uuid::now_v7(),
        number: Number::random(),
        user_id,
        status: Status::Placed,
        saga: Saga::Placed,
        reason: None,
        lines: cart.lines.into_iter().map(|(line, _)| line).collect(),
        totals: cart.totals,
        address,
        payment: Payment {
            token: Some(token),
            brand: None,
            last4: None,
            status: PaymentStatus::Pending,
        },
        placed_at: Timestamp::now(),
        tracking_code: None,
        attempts: 0,
        timeline: Vec::new(),
    }
}

impl Checkout {
    fn fingerprint(&self) -> Fingerprint {
        let destination = match &self.destination {
            Destination::Here(address) => serde_json::to_string(address),
            Destination::OfBook(id) => serde_json::to_string(id),
        };
        let destination = destination.expect("an address is plain strings");
        let text = format!("{}\n{destination}", self.token.as_str());
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let hash = hash.as_ref().try_into();
        Fingerprint(hash.expect("SHA-256 has 32 bytes"))
    }
}

/// What is there is not null: a field is left out instead.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

impl Parse for PlaceOrder {
    type Valid = Checkout;

    fn parse(self, faults: &mut Faults) -> Option<Checkout> {
        let destination = match (self.address, self.address_id) {
            (Some(address), None) => faults.within("/address", address).map(Destination::Here),
            (None, Some(id)) => Some(Destination::OfBook(id)),
            (None, None) => {
                faults.add("/address", "is needed, or `address_id`");
                None
            }
            (Some(_), Some(_)) => {
                faults.add("/address_id", "cannot stand beside `address`");
                None
            }
        };
        let token = faults.field("/payment/token", self.payment.token.parse());
        Some(Checkout {
            destination: destination?,
            token: token?,
        })
    }
}
