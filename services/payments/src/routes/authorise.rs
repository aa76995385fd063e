//! `PUT /internal/payments/{order_id}`: hold the amount, once per order.

use axum::{Json, extract::State};
use kit::http::{Faults, Parse, Path, ValidJson};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    AppState, Error,
    payment::{Amount, Payment, Token},
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
    if let Some(known) = &known
        && known.authorised_again(&token, &amount)?.is_some()
    {
        return Ok(Json(known.into()));
    }

    let asked = known.map_or(0, |known| known.asked);
    let outcome = state
        .network
        .authorise(order_id, &token, &amount, asked)
        .await;
    let payment = Payment::asked(order_id, token.clone(), amount.clone(), outcome);
    let stored = state
        .store
        .answer(&Payment {
            asked: asked + 1,
            ..payment
        })
        .await?;
    stored.authorised_again(&token, &amount)?;
    Ok(Json((&stored).into()))
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
