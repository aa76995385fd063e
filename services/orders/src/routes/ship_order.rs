//! `POST /v1/orders/{id}/ship`: the parcel leaves.

use std::time::Duration;

use axum::{Json, extract::State};
use kit::{
    http::{Faults, Parse, Path, ValidJson},
    identity,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{AppState, Error, routes::get_order::OrderView, tracking::TrackingCode};

/// How long to wait for a payment that is being taken just now.
const SETTLING: Duration = Duration::from_secs(2);

/// What is known of the parcel.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShipOrder {
    /// What the carrier calls it.
    #[schema(pattern = "^ *[0-9A-Za-z-]{4,40} *$", example = "1Z-999-AA1-0123")]
    tracking_code: Option<String>,
}

/// Marks a confirmed order as shipped. Of a shipping and a cancelling that race, one wins.
#[utoipa::path(
    post,
    path = "/v1/orders/{id}/ship",
    tag = "orders",
    params(("id" = Uuid, Path, description = "The order's id")),
    request_body = Option<ShipOrder>,
    responses(
        (status = 200, description = "The shipped order", body = OrderView),
        (status = 404, description = "`not-found`"),
        (status = 409, description = "`wrong-state`: not confirmed, or its payment is still being taken"),
    ),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn ship_order(
    State(state): State<AppState>,
    _: identity::Staff,
    Path(id): Path<Uuid>,
    parcel: Option<ValidJson<ShipOrder>>,
) -> Result<Json<OrderView>, Error> {
    let code = parcel.and_then(|ValidJson(code)| code);
    let mut listener = state.hub.listen();
    let deadline = tokio::time::Instant::now() + SETTLING;
    loop {
        let code = code.clone();
        let ship = state.change(id, async move |store| store.ship(id, code).await);
        match ship.await {
            // A parcel must not leave before its stock is sold and its money taken.
            Err(Error::Settling) => {
                let changed = listener.changed(id);
                let changed = tokio::time::timeout_at(deadline, changed).await;
                changed.map_err(|_| Error::Settling)?;
            }
            shipped => return Ok(Json(shipped?.into())),
        }
    }
}

impl Parse for ShipOrder {
    type Valid = Option<TrackingCode>;

    fn parse(self, faults: &mut Faults) -> Option<Option<TrackingCode>> {
        let code = self.tracking_code.map(|code| code.parse());
        faults.field("/tracking_code", code.transpose())
    }
}
