//! The neighbour `payments`: holds, takes and gives back money. The port, its HTTP client, its
//! fake.

use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use http::Method;
use kit::client::{Neighbour, NeighbourError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    money::{Money, MoneyView},
    order::PaymentStatus,
    saga::Outcome,
};

/// Stands for a card: `tok_` and 1 to 32 small letters. Shows nothing in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Token {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let letters = value.strip_prefix("tok_").unwrap_or_default();
        if (1..=32).contains(&letters.len()) && letters.bytes().all(|b| b.is_ascii_lowercase()) {
            Ok(Self(value.to_owned()))
        } else {
            Err("is `tok_` and 1 to 32 small letters")
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What may be shown of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its brand.
    pub brand: String,
    /// Its last four digits.
    pub last4: String,
}

/// What became of a request for a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorisation {
    /// The money is held.
    Approved(Card),
    /// The card is refused.
    Declined(Option<Card>),
    /// Nobody knows yet; ask again later.
    Unknown,
}

/// What orders need of payments. Everything is done once per order and is repeatable.
#[async_trait]
pub trait Payments: Send + Sync {
    /// Holds the amount.
    async fn authorise(&self, order_id: Uuid, token: &Token, amount: Money) -> Authorisation;

    /// Takes what is held: done, or declined when there is nothing held that could be taken.
    async fn capture(&self, order_id: Uuid) -> Outcome;

    /// Releases what is held or refunds what was taken; a late hold is refused.
    /// `None` when that is not certain, else what the payment became.
    async fn give_back(&self, order_id: Uuid) -> Option<PaymentStatus>;
}

/// Payments over its private operations.
pub struct HttpPayments(pub Neighbour);

#[derive(Serialize)]
struct Authorise<'a> {
    token: &'a str,
    amount: MoneyView,
}

#[derive(Deserialize)]
struct PaymentAnswer {
    status: String,
    brand: String,
    last4: String,
}

#[async_trait]
impl Payments for HttpPayments {
    async fn authorise(&self, order_id: Uuid, token: &Token, amount: Money) -> Authorisation {
        let path = format!("/internal/payments/{order_id}");
        let body = Authorise {
            token: token.as_str(),
            amount: amount.into(),
        };
        let answer: Result<PaymentAnswer, _> = self.0.call(Method::PUT, &path, &body).await;
        match answer {
            Ok(payment) => {
                let card = Card {
                    brand: payment.brand,
                    last4: payment.last4,
                };
                match payment.status.as_str() {
                    "authorised" | "captured" => Authorisation::Approved(card),
                    "declined" => Authorisation::Declined(Some(card)),
                    _ => Authorisation::Unknown,
                }
            }
            Err(NeighbourError::Refused(problem)) => {
                tracing::warn!(kind = problem.kind, "payments refused to authorise");
                Authorisation::Declined(None)
            }
            Err(fault @ NeighbourError::Unavailable(_)) => {
                tracing::warn!(%fault, "payments did not authorise");
                Authorisation::Unknown
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

    async fn give_back(&self, order_id: Uuid) -> Option<PaymentStatus> {
        let given_back = match self.post(order_id, "void").await {
            Ok(()) => Ok(PaymentStatus::Voided),
            // What was taken cannot be released, only given back.
            Err(fault) if fault.refusal() == Some("wrong-state") => {
                let refunded = self.post(order_id, "refund").await;
                refunded.map(|()| PaymentStatus::Refunded)
            }
            Err(fault) => Err(fault),
        };
        given_back
            .inspect_err(|fault| {
                tracing::warn!(%fault, order = %order_id, "payments did not give back");
            })
            .ok()
    }
}

impl HttpPayments {
    async fn post(&self, order_id: Uuid, action: &str) -> Result<(), NeighbourError> {
        let path = format!("/internal/payments/{order_id}/{action}");
        let answer = self.0.call::<_, PaymentAnswer>(Method::POST, &path, &());
        answer.await.map(drop)
    }
}

/// Payments in memory that count the money, for tests. Tokens work as in the simulated network.
#[derive(Default)]
pub struct FakePayments {
    till: Mutex<Till>,
}

#[derive(Default)]
struct Till {
    payments: HashMap<Uuid, FakePayment>,
    gone: bool,
}

#[derive(Clone, Copy)]
struct FakePayment {
    status: PaymentStatus,
    amount: i64,
    captures: u32,
    asked: u32,
}

impl FakePayments {
    /// Makes every call fail, or work again.
    pub fn set_gone(&self, gone: bool) {
        self.till().gone = gone;
    }

    /// Releases what is held for the order, as if payments had lost it.
    pub fn lose_hold(&self, order_id: Uuid) {
        if let Some(payment) = self.till().payments.get_mut(&order_id) {
            payment.status = PaymentStatus::Voided;
        }
    }

    /// Where the order's payment stands.
    pub fn status(&self, order_id: Uuid) -> Option<PaymentStatus> {
        self.till().payments.get(&order_id).map(|p| p.status)
    }

    /// What all captures took and no refund gave back, in cents.
    pub fn taken(&self) -> i64 {
        let till = self.till();
        let captured = till
            .payments
            .values()
            .filter(|p| p.status == PaymentStatus::Captured);
        captured.map(|p| p.amount * i64::from(p.captures)).sum()
    }

    fn till(&self) -> MutexGuard<'_, Till> {
        self.till.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn visa() -> Card {
    Card {
        brand: "visa".to_owned(),
        last4: "4242".to_owned(),
    }
}

#[async_trait]
impl Payments for FakePayments {
    async fn authorise(&self, order_id: Uuid, token: &Token, amount: Money) -> Authorisation {
        let mut till = self.till();
        if till.gone {
            return Authorisation::Unknown;
        }
        let payment = till.payments.entry(order_id).or_insert(FakePayment {
            status: PaymentStatus::Pending,
            amount: amount.minor(),
            captures: 0,
            asked: 0,
        });
        if payment.status == PaymentStatus::Pending {
            payment.asked += 1;
            payment.status = match (token.as_str(), payment.asked) {
                ("tok_visa" | "tok_mastercard", _) | ("tok_unknown", 2..) => {
                    PaymentStatus::Authorised
                }
                ("tok_unknown", _) => PaymentStatus::Pending,
                _ => PaymentStatus::Declined,
            };
        }
        match payment.status {
            PaymentStatus::Authorised | PaymentStatus::Captured => Authorisation::Approved(visa()),
            PaymentStatus::Pending => Authorisation::Unknown,
            PaymentStatus::Declined | PaymentStatus::Voided | PaymentStatus::Refunded => {
                Authorisation::Declined(Some(visa()))
            }
        }
    }

    async fn capture(&self, order_id: Uuid) -> Outcome {
        let mut till = self.till();
        if till.gone {
            return Outcome::Unknown;
        }
        match till.payments.get_mut(&order_id) {
            Some(payment) if payment.status == PaymentStatus::Authorised => {
                payment.status = PaymentStatus::Captured;
                payment.captures += 1;
                Outcome::Done
            }
            Some(payment) if payment.status == PaymentStatus::Captured => Outcome::Done,
            Some(_) | None => Outcome::Declined,
        }
    }

    async fn give_back(&self, order_id: Uuid) -> Option<PaymentStatus> {
        let mut till = self.till();
        if till.gone {
            return None;
        }
        let payment = till.payments.entry(order_id).or_insert(FakePayment {
            status: PaymentStatus::Voided,
            amount: 0,
            captures: 0,
            asked: 0,
        });
        payment.status = match payment.status {
            PaymentStatus::Captured | PaymentStatus::Refunded => PaymentStatus::Refunded,
            PaymentStatus::Pending
            | PaymentStatus::Authorised
            | PaymentStatus::Declined
            | PaymentStatus::Voided => PaymentStatus::Voided,
        };
        Some(payment.status)
    }
}
