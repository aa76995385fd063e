//! `DELETE /v1/products/{id}`: a product is sold no more.

use axum::extract::State;
use http::StatusCode;
use kit::{
    http::{IfMatch, Path},
    identity::Staff,
};
use uuid::Uuid;

use crate::{
    AppState, Error,
    store::Change,
    views::{KnownVersion, OtherVersion},
};

/// Retires a product. Orders and carts still know its name.
#[utoipa::path(
    delete,
    path = "/v1/products/{id}",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The product's id"), KnownVersion),
    responses(
        (status = 204, description = "Retired"),
        OtherVersion,
    ),
    security(("bearer" = ["staff"])),
    extensions(("x-edge" = json!({ "purge": ["products"] }))),
)]
pub(crate) async fn delete_product(
    State(state): State<AppState>,
    _: Staff,
    known: IfMatch,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Error> {
    let seen = state.seen(known);
    state.store.change(id, seen, Change::Retire).await?;
    Ok(StatusCode::NO_CONTENT)
}
