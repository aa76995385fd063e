//! What a checkout asks for: where the cart's content goes, how it is paid, and what it may cost.

use std::collections::HashMap;

use kit::http::{Faults, Parse};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    address::{Address, AddressBody},
    cart::MAX_ITEMS,
    consent::Consent,
    money::{Money, MoneyView},
    order::Fingerprint,
    payment::Token,
};

/// Where the cart's content goes, how it is paid, and what it may cost.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described, see `Sent`")]
pub(crate) enum PlaceOrder {
    ToAddress(ToAddress),
    ToSavedAddress(ToSavedAddress),
}

/// An order to an address.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only described, see `Sent`")]
pub(crate) struct ToAddress {
    /// Where it goes.
    address: AddressBody,
    /// How it is paid.
    payment: PaymentInput,
    /// The cart's total that the shopper was shown: another is refused.
    expected_total: MoneyView,
    /// The prices that the shopper was shown: another is refused, and the refusal tells both.
    #[schema(max_items = 100)]
    #[serde(default)]
    expected_items: Vec<ExpectedItem>,
}

/// An order to an address of the address book.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only described, see `Sent`")]
pub(crate) struct ToSavedAddress {
    /// The address's id.
    address_id: Uuid,
    /// How it is paid.
    payment: PaymentInput,
    /// The cart's total that the shopper was shown: another is refused.
    expected_total: MoneyView,
    /// The prices that the shopper was shown: another is refused, and the refusal tells both.
    #[schema(max_items = 100)]
    #[serde(default)]
    expected_items: Vec<ExpectedItem>,
}

/// A [`PlaceOrder`] as it is read: a destination too few or too many is a fault with a name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    #[serde(default, deserialize_with = "present")]
    address: Option<AddressBody>,
    #[serde(default, deserialize_with = "present")]
    address_id: Option<Uuid>,
    payment: PaymentInput,
    expected_total: MoneyView,
    #[serde(default)]
    expected_items: Vec<ExpectedItem>,
}

/// What the shopper was shown of a product.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExpectedItem {
    /// The product.
    product_id: Uuid,
    /// What one piece would cost.
    unit_price: MoneyView,
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
    pub(super) destination: Destination,
    pub(super) token: Token,
    pub(super) consent: Consent,
}

/// Where the parcel goes.
pub(super) enum Destination {
    /// To this address.
    Here(Address),
    /// To this address of the shopper's book.
    OfBook(Uuid),
}

impl Checkout {
    /// What must be the same when the key comes again. What it may cost is not: an order that has
    /// the key costs what was agreed to when it was placed, and a refusal for the price used none.
    pub(super) fn fingerprint(&self) -> Fingerprint {
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

fn money(view: MoneyView) -> Result<Money, &'static str> {
    view.try_into().map_err(|_| "is US dollars, not below zero")
}

/// What is there is not null: a field is left out instead.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

impl Parse for Sent {
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
        let token = faults.field("/payment/token", self.payment.token.try_into());
        let total = faults.field("/expected_total", money(self.expected_total));
        if self.expected_items.len() > MAX_ITEMS {
            faults.add("/expected_items", format!("has at most {MAX_ITEMS} items"));
        }
        let mut unit_prices = HashMap::new();
        for (item, position) in self.expected_items.into_iter().take(MAX_ITEMS).zip(0..) {
            let pointer = format!("/expected_items/{position}/unit_price");
            if let Some(price) = faults.field(&pointer, money(item.unit_price)) {
                unit_prices.insert(item.product_id, price);
            }
        }
        Some(Checkout {
            destination: destination?,
            token: token?,
            consent: Consent {
                total: total?,
                unit_prices,
            },
        })
    }
}
