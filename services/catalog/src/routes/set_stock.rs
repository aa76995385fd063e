//! `PUT /v1/products/{id}/stock`: how many pieces can be sold.

use axum::{Json, extract::State, response::IntoResponse};
use kit::{
    http::{ETag, Faults, IfMatch, Parse, Path, ValidJson},
    identity::Staff,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error, product::DetailView, routes::add_product::stock as valid_stock, store::Change,
};

/// The count.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetStock {
    /// Sellable pieces; what orders have set aside does not count.
    #[serde(deserialize_with = "kit::http::integer")]
    #[schema(minimum = 0, maximum = 1_000_000)]
    stock: i64,
}

/// Sets the stock. Sales go on meanwhile and do not change the `ETag`.
#[utoipa::path(
    put,
    path = "/v1/products/{id}/stock",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The product's id"),
        ("If-Match" = String, Header, description = "The ETag that you read"),
    ),
    request_body = SetStock,
    responses(
        (
            status = 200,
            description = "The product",
            body = DetailView,
            headers(("ETag" = String, description = "The version, for `If-Match`")),
        ),
        (status = 412, description = "`precondition-failed`"),
        (status = 428, description = "`precondition-required`"),
    ),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn set_stock(
    State(state): State<AppState>,
    _: Staff,
    known: IfMatch,
    Path(id): Path<Uuid>,
    ValidJson(stock): ValidJson<SetStock>,
) -> Result<impl IntoResponse, Error> {
    let product = state.store.change(id, known, Change::Stock(stock)).await?;
    Ok((
        ETag(product.version),
        Json(DetailView::new(product, &state.drawings)),
    ))
}

impl Parse for SetStock {
    type Valid = i64;

    fn parse(self, faults: &mut Faults) -> Option<i64> {
        faults.field("/stock", valid_stock(self.stock))
    }
}
