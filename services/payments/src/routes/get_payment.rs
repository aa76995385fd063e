//! `GET /internal/payments/{order_id}`: where a payment stands.

use axum::{Json, extract::State};
use kit::http::Path;
use serde::Serialize;
use uuid::Uuid;

use crate::{AppState, Error, network::card, payment::Payment};

/// What a neighbour may know of a payment.
#[derive(Serialize)]
pub(crate) struct PaymentView {
    status: &'static str,
    brand: &'static str,
    last4: &'static str,
}

/// The order's payment.
pub(crate) async fn get_payment(
    State(state): State<AppState>,
    Path(order_id): Path<Uuid>,
) -> Result<Json<PaymentView>, Error> {
    let payment = state.store.find(order_id).await?.ok_or(Error::NotFound)?;
    Ok(Json((&payment).into()))
}

impl From<&Payment> for PaymentView {
    fn from(payment: &Payment) -> Self {
        let (brand, last4) = card(&payment.token);
        Self {
            status: payment.state.name(),
            brand,
            last4,
        }
    }
}
