//! A payment: one an order, its states, and the pure rules of what may follow what.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use strum::{EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

use crate::{Error, network::Outcome};

/// Where a payment stands. The names are those in the store: keep them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum State {
    /// The network did not say; asking again will tell.
    Unknown,
    /// The network refused.
    Declined,
    /// The amount is held on the card.
    Authorised,
    /// The amount is taken.
    Captured,
    /// The hold is released, or will never be made: a late authorisation is refused.
    Voided,
    /// The amount is given back.
    Refunded,
}

/// What may be done to a payment that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take what is held.
    Capture,
    /// Release what is held.
    Void,
    /// Give back what was taken.
    Refund,
}

impl State {
    /// The state after `action`; the same action again changes nothing.
    pub fn after(self, action: Action) -> Result<Self, Error> {
        match (self, action) {
            (Self::Authorised | Self::Captured, Action::Capture) => Ok(Self::Captured),
            (Self::Unknown | Self::Declined | Self::Authorised | Self::Voided, Action::Void) => {
                Ok(Self::Voided)
            }
            (Self::Captured | Self::Refunded, Action::Refund) => Ok(Self::Refunded),
            (_, Action::Capture | Action::Void | Action::Refund) => Err(Error::WrongState),
        }
    }

    /// Its name, in answers and in the store.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The state with this name.
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// Stands for a card, made by whoever takes card numbers (not us): `tok_` and 1–32 letters.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Stands where the token was, of which nothing is left to ask.
    pub fn forgotten() -> Self {
        Self("tok_none".to_owned())
    }

    /// The token as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Token {
    type Err = &'static str;

    /// A card number can never pass: a token has no digits.
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

/// A sum of money to take: minor units, above zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    minor: i64,
    currency: String,
}

impl Amount {
    /// Refuses what is not above zero and what is no ISO 4217 code.
    pub fn new(minor: i64, currency: &str) -> Result<Self, &'static str> {
        if minor <= 0 {
            return Err("is above zero");
        }
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err("has a currency of three capital letters (ISO 4217)");
        }
        Ok(Self {
            minor,
            currency: currency.to_owned(),
        })
    }

    /// In minor units, e.g. cents.
    pub fn minor(&self) -> i64 {
        self.minor
    }

    /// ISO 4217.
    pub fn currency(&self) -> &str {
        &self.currency
    }
}

/// A payment as stored.
#[derive(Clone, Debug)]
pub struct Payment {
    /// The order that it pays: its idempotency key.
    pub order_id: Uuid,
    /// Where it stands.
    pub state: State,
    /// The card's token; forgotten once the money is taken or back.
    pub token: Token,
    /// How much.
    pub amount: Amount,
    /// How often the network was asked.
    pub asked: u32,
}

impl Payment {
    /// A payment for which the network is still to be asked.
    pub fn new(order_id: Uuid, token: Token, amount: Amount) -> Self {
        Self {
            order_id,
            state: State::Unknown,
            token,
            amount,
            asked: 0,
        }
    }

    /// The payment after the network was asked once more.
    pub fn answered(self, outcome: Outcome) -> Self {
        Self {
            state: outcome.state(),
            asked: self.asked + 1,
            ..self
        }
    }

    /// The payment in the state after an action. None that comes needs the card.
    pub fn advanced(self, state: State) -> Self {
        Self {
            state,
            token: Token::forgotten(),
            ..self
        }
    }

    /// Whether it is this very payment, of the same amount with the same card, as far as that is
    /// known.
    pub fn is_for(&self, token: &Token, amount: &Amount) -> bool {
        let is_card = self.token == *token || self.token == Token::forgotten();
        is_card && self.amount == *amount
    }

    /// What an authorisation that comes again means: the known answer, or `None` when the network
    /// has to be asked once more.
    pub fn authorised_again(&self, token: &Token, amount: &Amount) -> Result<Option<State>, Error> {
        if self.state == State::Voided {
            return Err(Error::WrongState);
        }
        if !self.is_for(token, amount) {
            return Err(Error::KeyReused);
        }
        Ok((self.state != State::Unknown).then_some(self.state))
    }
}

/// The money moved for an order, in minor units: never more than its payment's amount, never more
/// given back than taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The order.
    pub order_id: Uuid,
    /// ISO 4217.
    pub currency: String,
    /// Taken.
    pub captured: i64,
    /// Given back.
    pub refunded: i64,
}

/// All that is kept of a payment.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where it stands.
    pub payment: Payment,
    /// Since when.
    pub updated_at: Timestamp,
    /// The money that it moved, oldest first.
    pub ledger: Vec<Entry>,
}

/// Money that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `capture` or `refund`.
    pub kind: String,
    /// In minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn action() -> impl Strategy<Value = Action> {
        prop_oneof![
            Just(Action::Capture),
            Just(Action::Void),
            Just(Action::Refund)
        ]
    }

    proptest! {
        #[test]
        fn whatever_comes_money_is_taken_at_most_once_and_given_back_only_if_taken(
            start in prop::sample::select(State::VARIANTS),
            actions in prop::collection::vec(action(), 0..20),
        ) {
            let mut state = start;
            let (mut taken, mut given_back) = (0, 0);
            for action in actions {
                let Ok(next) = state.after(action) else { continue };
                prop_assert_eq!(next.after(action).unwrap(), next);
                taken += i32::from(next == State::Captured && state != State::Captured);
                given_back += i32::from(next == State::Refunded && state != State::Refunded);
                state = next;
            }
            let was_taken = taken + i32::from(start == State::Captured);
            prop_assert!(taken <= 1 && given_back <= was_taken);
        }
    }

    #[test]
    fn a_declined_payment_is_never_captured() {
        assert!(State::Declined.after(Action::Capture).is_err());
        assert!(State::Voided.after(Action::Capture).is_err());
    }

    #[test]
    fn a_card_number_is_no_token() {
        for not_a_token in [
            "4242424242424242",
            "tok_4242424242424242",
            "tok_",
            "visa",
            "tok_VISA",
        ] {
            assert!(not_a_token.parse::<Token>().is_err(), "{not_a_token}");
        }
    }
}
