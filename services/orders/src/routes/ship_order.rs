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

use crate::{AppState, Error, order::Order, tracking::TrackingCode};

/// How long to wait for a payment that is being taken just now.
const SETTLING: Duration = Duration::from_secs(2);

/// What is known of the parcel.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShipOrder {
    /// The carrier's code for it.
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
        (status = 200, description = "The shipped order", body = Order),
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
) -> Result<Json<Order>, Error> {
    let code = parcel.and_then(|ValidJson(code)| code);
    let mut listener = state.driver.hub.listen(id);
    let deadline = tokio::time::Instant::now() + SETTLING;
    loop {
        let code = code.clone();
        let ship = state
            .driver
            .change(id, move |order: Order| order.ship(code));
        match ship.await {
            Err(Error::Settling) => {
                let changed = tokio::time::timeout_at(deadline, listener.changed());
                changed.await.map_err(|_| Error::Settling)?;
            }
            shipped => return shipped.map(Json),
        }
    }
}

impl Parse for ShipOrder {
    type Valid = Option<TrackingCode>;

    fn parse(self, faults: &mut Faults) -> Option<Option<TrackingCode>> {
        let code = self.tracking_code.map(TrackingCode::try_from);
        faults.field("/tracking_code", code.transpose())
    }
}
