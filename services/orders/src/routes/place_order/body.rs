//! What a checkout asks for: where the cart's content goes, and how it is paid.

use kit::http::{Faults, Parse};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    address::{Address, AddressBody},
    order::Fingerprint,
    payment::Token,
};

/// Where the cart's content goes, and how it is paid.
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
}

/// Where the parcel goes.
pub(super) enum Destination {
    /// To this address.
    Here(Address),
    /// To this address of the shopper's book.
    OfBook(Uuid),
}

impl Checkout {
    /// What must be the same when the key comes again.
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
        Some(Checkout {
            destination: destination?,
            token: token?,
        })
    }
}
