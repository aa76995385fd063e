//! What an account's owner is told of changes of how it is entered, because somebody may have made them in their
//! place.

use kit::events::Event;
use uuid::Uuid;

use crate::{
    AppState, Error,
    letter::{Factor, Kind, Letter},
};

/// How the ways into an account change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    TotpAdded,
    TotpDeleted,
    PasskeyAdded,
    PasskeyDeleted,
    RecoveryCodesReplaced,
}

/// The letter to the owner, for the transaction of the change.
pub(crate) async fn of(state: &AppState, user_id: Uuid, change: Change) -> Result<Event, Error> {
    let kind = match change {
        Change::TotpAdded => Kind::FactorAdded {
            factor: Factor::Authenticator,
        },
        Change::TotpDeleted => Kind::FactorRemoved {
            factor: Factor::Authenticator,
        },
        Change::PasskeyAdded => Kind::FactorAdded {
            factor: Factor::Passkey,
        },
        Change::PasskeyDeleted => Kind::FactorRemoved {
            factor: Factor::Passkey,
        },
        Change::RecoveryCodesReplaced => Kind::RecoveryCodesMade,
    };
    let user = state.store.find_user(user_id).await?;
    let user = user.ok_or(Error::NotFound)?;
    tracing::info!(%user_id, ?change, "the ways into an account change");
    Ok(state.letters.event(&user, &Letter::to(&user, kind)))
}
