//! `PUT /v1/products/{id}/stock`: how many pieces can be sold.

use axum::extract::State;
use kit::{
    http::{Faults, IfMatch, Parse, Path, ValidJson},
    identity::Staff,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    cache::Answer,
    fields::Pieces,
    store::Change,
    views::{KnownVersion, OtherVersion, TheProduct},
};

/// The count.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetStock {
    /// Sellable pieces; what orders have set aside does not count.
    stock: Pieces,
}

/// Sets the stock. A sale changes the `ETag`: who has not seen it is answered 412, so that a count
/// made before it cannot undo it.
#[utoipa::path(
    put,
    path = "/v1/products/{id}/stock",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The product's id"), KnownVersion),
    request_body = SetStock,
    responses(TheProduct, OtherVersion),
    security(("bearer" = ["staff"])),
    extensions(("x-edge" = json!({ "purge": ["products"] }))),
)]
pub(crate) async fn set_stock(
    State(state): State<AppState>,
    _: Staff,
    known: IfMatch,
    Path(id): Path<Uuid>,
    ValidJson(stock): ValidJson<SetStock>,
) -> Result<Answer, Error> {
    let seen = state.seen(known);
    let product = state.store.change(id, seen, Change::Stock(stock)).await?;
    Ok(state.detail(product))
}

impl Parse for SetStock {
    type Valid = i64;

    fn parse(self, faults: &mut Faults) -> Option<i64> {
        faults.within("/stock", self.stock)
    }
}
