//! The neighbour `payments`: holds, takes and gives back money. The port and its HTTP client.

use async_trait::async_trait;
use client::{Neighbour, NeighbourError};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Error,
    money::Money,
    payment::{Card, PaymentStatus, Token},
    saga::Outcome,
};

/// What orders need of payments. Everything is done once per order and is repeatable.
#[async_trait]
pub trait Payments: Send + Sync {
    /// Holds the amount, or is declined. The card, once it is known.
    async fn authorise(
        &self,
        order_id: Uuid,
        token: &Token,
        amount: Money,
    ) -> (Outcome, Option<Card>);

    /// Takes what is held: done, or declined when there is nothing held that could be taken.
    async fn capture(&self, order_id: Uuid) -> Outcome;

    /// Releases what is held or refunds what was taken; a late hold is refused.
    /// `None` when that is not certain, else what the payment became.
    async fn void_or_refund(&self, order_id: Uuid) -> Option<PaymentStatus>;

    /// What payments keeps of these orders, at most 100, for the person whose orders they are.
    async fn list(&self, order_ids: &[Uuid]) -> Result<Vec<Value>, Error>;
}

/// Payments over its private operations.
pub struct HttpPayments(pub Neighbour);

#[derive(Serialize)]
struct Authorise<'a> {
    token: &'a str,
    amount: Money,
}

#[derive(Deserialize)]
struct PaymentAnswer {
    status: String,
    #[serde(flatten)]
    card: Card,
}

#[derive(Serialize)]
struct ListPayments<'a> {
    order_ids: &'a [Uuid],
}

#[derive(Deserialize)]
struct PaymentList {
    items: Vec<Value>,
}

#[async_trait]
impl Payments for HttpPayments {
    async fn authorise(
        &self,
        order_id: Uuid,
        token: &Token,
        amount: Money,
    ) -> (Outcome, Option<Card>) {
        let path = format!("/internal/payments/{order_id}");
        let token = token.as_str();
        let body = Authorise { token, amount };
        let answer: Result<PaymentAnswer, _> = self.0.call(Method::PUT, &path, &body).await;
        match answer {
            Ok(PaymentAnswer { status, card }) => match status.as_str() {
                "authorised" | "captured" => (Outcome::Done, Some(card)),
                "declined" => (Outcome::Declined, Some(card)),
                _ => (Outcome::Unknown, None),
            },
            Err(NeighbourError::Refused(problem)) => {
                tracing::warn!(kind = problem.kind, "payments refused to authorise");
                (Outcome::Declined, None)
            }
            Err(fault @ NeighbourError::Unavailable(_)) => {
                tracing::warn!(%fault, "payments did not authorise");
                (Outcome::Unknown, None)
            }
        }
    }

    async fn capture(&self, order_id: Uuid) -> Outcome {
        let Err(fault) = self.post(order_id, "capture").await else {
            return Outcome::Done;
        };
        tracing::warn!(%fault, order = %order_id, "payments did not capture");
        match fault.refusal() {
            // Released, refunded or never held: asking again changes nothing.
            Some("wrong-state" | "not-found") => Outcome::Declined,
            _ => Outcome::Unknown,
        }
    }

    async fn void_or_refund(&self, order_id: Uuid) -> Option<PaymentStatus> {
        let compensated = match self.post(order_id, "void").await {
            Ok(()) => Ok(PaymentStatus::Voided),
            // What was taken cannot be released, only given back.
            Err(fault) if fault.refusal() == Some("wrong-state") => {
                let refunded = self.post(order_id, "refund").await;
                refunded.map(|()| PaymentStatus::Refunded)
            }
            Err(fault) => Err(fault),
        };
        compensated
            .inspect_err(|fault| {
                tracing::warn!(%fault, order = %order_id, "payments did not void or refund");
            })
            .ok()
    }

    async fn list(&self, order_ids: &[Uuid]) -> Result<Vec<Value>, Error> {
        let body = ListPayments { order_ids };
        let path = "/internal/payments/list";
        let answer: Result<PaymentList, _> = self.0.call(Method::POST, path, &body).await;
        let list = answer.map_err(|fault| Error::Unavailable(fault.into()))?;
        Ok(list.items)
    }
}

impl HttpPayments {
    async fn post(&self, order_id: Uuid, action: &str) -> Result<(), NeighbourError> {
        let path = format!("/internal/payments/{order_id}/{action}");
        let answer = self.0.call::<_, PaymentAnswer>(Method::POST, &path, &());
        answer.await.map(drop)
    }
}
