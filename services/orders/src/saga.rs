//! The saga of an order: which step comes next, and what its outcome leads to. Pure: the
//! [`driver`](crate::driver) performs the steps and the store remembers.
//!
//! ```text
//! Placed ─reserve→ Reserved ─authorise→ Confirmed ─commit→ Committed ─capture→ Settled
//!    └─────────────── refused ┴──────────────┴─────────────────┴→ Cancelling
//! Cancelling ─release→ Released ─void or refund→ Compensated
//! ```
//!
//! `Reserved`, `Committed` and `Released` are not stored: every step is repeatable, so an order
//! found at the stored state before is driven through them again.

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};
use uuid::Uuid;

/// Where an order's saga stands. The store and the metrics have its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Saga {
    /// Priced and stored.
    Placed,
    /// The stock is set aside.
    Reserved,
    /// The money is held: the shop owes the goods.
    Confirmed,
    /// The stock is sold.
    Committed,
    /// The money is taken; nothing is left to do.
    Settled,
    /// Refused or cancelled: stock and money have to go back.
    Cancelling,
    /// The stock is back.
    Released,
    /// Stock and money are back; nothing is left to do.
    #[serde(rename = "undone")]
    #[strum(serialize = "undone")]
    Compensated,
}

/// What a driver does next. Each is repeatable. Spans and metrics have its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Step {
    /// Have the catalog set the stock aside.
    Reserve,
    /// Have the money held on the card.
    Authorise,
    /// Tell the catalog that the stock is sold.
    Commit,
    /// Take the money.
    Capture,
    /// Have the catalog put the stock back.
    Release,
    /// Release or refund the money.
    #[strum(serialize = "give_back")]
    VoidOrRefund,
}

/// How a step went. Spans and metrics have its name.
#[derive(Clone, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// Done, now or earlier.
    Done,
    /// These products are not to be had.
    OutOfStock(Vec<Uuid>),
    /// The card is refused.
    Declined,
    /// Nobody knows, or nobody answers: ask again later.
    Unknown,
}

/// Why an order was cancelled. Callers see its name, without the products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case", into = "&'static str")]
#[strum(serialize_all = "kebab-case")]
pub enum Reason {
    /// The card was refused.
    PaymentDeclined,
    /// These products were not to be had.
    OutOfStock(Vec<Uuid>),
    /// The shopper wished so.
    Shopper,
}

/// What an outcome leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// On to this state.
    To(Saga),
    /// To [`Saga::Cancelling`], for this reason.
    Cancel(Reason),
    /// Stay, and take the same step again later.
    Later,
}

impl Saga {
    /// The next step; none when nothing is left to do.
    pub fn step(self) -> Option<Step> {
        match self {
            Self::Placed => Some(Step::Reserve),
            Self::Reserved => Some(Step::Authorise),
            Self::Confirmed => Some(Step::Commit),
            Self::Committed => Some(Step::Capture),
            Self::Cancelling => Some(Step::Release),
            Self::Released => Some(Step::VoidOrRefund),
            Self::Settled | Self::Compensated => None,
        }
    }

    /// What follows from the outcome of this state's step.
    pub fn after(self, outcome: Outcome) -> Next {
        match (self, outcome) {
            (Self::Placed, Outcome::Done) => Next::To(Self::Reserved),
            (Self::Reserved, Outcome::Done) => Next::To(Self::Confirmed),
            (Self::Confirmed, Outcome::Done) => Next::To(Self::Committed),
            (Self::Committed, Outcome::Done) => Next::To(Self::Settled),
            (Self::Cancelling, Outcome::Done) => Next::To(Self::Released),
            (Self::Released, Outcome::Done) => Next::To(Self::Compensated),
            (Self::Settled | Self::Compensated, Outcome::Done) => Next::To(self),
            // A reservation may lapse while the payment's outcome is unknown.
            (Self::Placed | Self::Confirmed, Outcome::OutOfStock(products)) => {
                Next::Cancel(Reason::OutOfStock(products))
            }
            // A hold that payments no longer has cannot be taken: the goods must not leave.
            (Self::Reserved | Self::Committed, Outcome::Declined) => {
                Next::Cancel(Reason::PaymentDeclined)
            }
            (_, Outcome::OutOfStock(_) | Outcome::Declined | Outcome::Unknown) => Next::Later,
        }
    }
}
