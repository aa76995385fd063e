//! `PUT /internal/payments/{order_id}`: hold the amount, once per order.

use axum::{Json, extract::State};
use kit::http::{Faults, Parse, Path, ValidJson};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    AppState, Error,
    network::Outcome,
    payment::{Action, Amount, Payment, Token},
    routes::get_payment::PaymentView,
};

/// With what, and how much.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authorise {
    token: String,
    amount: Money,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Money {
    amount: i64,
    currency: String,
}

/// Answers 200 with `authorised`, `declined`, or `unknown`: then ask again. Once there is an
/// answer it never changes; another token or amount is refused, and so is an order voided before.
pub(crate) async fn authorise(
    State(state): State<AppState>,
    Path(order_id): Path<Uuid>,
    ValidJson((token, amount)): ValidJson<Authorise>,
) -> Result<Json<PaymentView>, Error> {
    let known = state.store.find(order_id).await?;
    let is_new = known.is_none();
    let mut payment =
        known.unwrap_or_else(|| Payment::new(order_id, token.clone(), amount.clone()));
    if is_new && state.network.keeps_holds() {
        payment = state.store.answer(&payment).await?;
    }
    if payment.authorised_again(&token, &amount)?.is_some() {
        return Ok(Json((&payment).into()));
    }

    let outcome = state.network.authorise(&payment).await;
    let stored = state
        .store
        .answer(&payment.clone().answered(outcome))
        .await?;
    match stored.authorised_again(&token, &amount) {
        Ok(_) => Ok(Json((&stored).into())),
        Err(Error::WrongState) if outcome == Outcome::Approved => {
            // Voided while the network was asked, maybe before the network heard of it.
            state.network.settle(&payment, Action::Void).await?;
            Err(Error::WrongState)
        }
        Err(refused) => Err(refused),
    }
}

impl Parse for Authorise {
    type Valid = (Token, Amount);

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        let token = faults.field("/token", self.token.parse());
        let amount = Amount::new(self.amount.amount, &self.amount.currency);
        let amount = faults.field("/amount", amount);
        Some((token?, amount?))
    }
}
