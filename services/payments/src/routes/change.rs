//! `POST /internal/payments/{order_id}/capture`, `…/void`, `…/refund`: each repeatable, each
//! refused with 409 `wrong-state` when the payment's state does not allow it.

use axum::{Json, extract::State};
use kit::http::Path;
use uuid::Uuid;

use crate::{
    AppState, Error,
    payment::{self, Action},
    routes::get_payment::PaymentView,
};

/// Takes what is held.
pub(crate) async fn capture(
    state: State<AppState>,
    path: Path<Uuid>,
) -> Result<Json<PaymentView>, Error> {
    change(state, path, Action::Capture).await
}

/// Releases what is held; of an order without a payment it makes sure that there will be none.
pub(crate) async fn void(
    state: State<AppState>,
    path: Path<Uuid>,
) -> Result<Json<PaymentView>, Error> {
    change(state, path, Action::Void).await
}

/// Gives back what was taken.
pub(crate) async fn refund(
    state: State<AppState>,
    path: Path<Uuid>,
) -> Result<Json<PaymentView>, Error> {
    change(state, path, Action::Refund).await
}

/// The network moves the money first, its row follows: who died in between comes again. When
/// another request got there first, the payment is looked at again.
async fn change(
    State(state): State<AppState>,
    Path(order_id): Path<Uuid>,
    action: Action,
) -> Result<Json<PaymentView>, Error> {
    loop {
        let known = state.store.find(order_id).await?;
        if let Some(payment) = &known {
            if payment.state.after(action)? == payment.state {
                return Ok(Json(payment.into()));
            }
            if payment.state != payment::State::Declined {
                state.network.settle(payment, action).await?;
            }
        }
        let seen = known.map(|payment| payment.state);
        if let Some(payment) = state.store.advance(order_id, seen, action).await? {
            return Ok(Json((&payment).into()));
        }
    }
}
