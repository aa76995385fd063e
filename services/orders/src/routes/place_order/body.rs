//! What a checkout asks for: where the cart's content goes, and how it is paid.

use kit::http::{Faults, Parse};
use serde::{Deserialize, Deserializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, SchemaFormat, Type,
        schema::AdditionalProperties,
    },
};
use uuid::Uuid;

use crate::{
    address::{Address, AddressBody},
    order::Fingerprint,
    payment::Token,
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

/// By hand: the derived schema could not say that exactly one of the two fields is there.
impl PartialSchema for PlaceOrder {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(Ref::from_schema_name("ToAddress"))
            .item(Ref::from_schema_name("ToSavedAddress"))
            .description(Some("Where the cart's content goes, and how it is paid."))
            .into()
    }
}

impl ToSchema for PlaceOrder {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        let described = |name, text| {
            let reference = Ref::builder().ref_location_from_schema_name(name);
            RefOr::<Schema>::Ref(reference.description(Some(text)).build())
        };
        let way = |text, field: &str, destination: RefOr<Schema>| {
            ObjectBuilder::new()
                .description(Some(text))
                .property(field, destination)
                .required(field)
                .property("payment", described("PaymentInput", "How it is paid."))
                .required("payment")
                .additional_properties(Some(AdditionalProperties::FreeForm(false)))
                .into()
        };
        let address = described("DeliveryAddressInput", "Where it goes.");
        let id = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
            .description(Some("The address's id."));
        let to_saved = "An order to an address of the address book.";
        schemas.extend([
            (
                "ToAddress".into(),
                way("An order to an address.", "address", address),
            ),
            (
                "ToSavedAddress".into(),
                way(to_saved, "address_id", id.into()),
            ),
            ("DeliveryAddressInput".into(), AddressBody::schema()),
            ("PaymentInput".into(), PaymentInput::schema()),
        ]);
        AddressBody::schemas(schemas);
    }
}
