//! What an account's owner is told of changes of how it is entered, because somebody may have made them in their
//! place.

use uuid::Uuid;

use crate::{
    AppState, Error,
    letter::{Factor, Kind, Letter},
};

/// How the ways into an account have changed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    TotpAdded,
    TotpDeleted,
    PasskeyAdded,
    PasskeyDeleted,
    RecoveryCodesReplaced,
    RecoveryCodeUsed,
}

/// Tells the owner by letter, and the log without the owner's name. The change is made and stays, also when the
/// letter cannot be written.
pub(crate) async fn changed(state: &AppState, user_id: Uuid, change: Change) {
    tracing::info!(%user_id, ?change, "the ways into an account have changed");
    if let Err(fault) = tell(state, user_id, change).await {
        tracing::warn!(%fault, %user_id, "its owner is not told");
    }
}

async fn tell(state: &AppState, user_id: Uuid, change: Change) -> Result<(), Error> {
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
        // Who signs in with one sees how many are left.
        Change::RecoveryCodeUsed => return Ok(()),
    };
    let Some(user) = state.store.find_user(user_id).await? else {
        return Ok(());
    };
    let event = state.letters.event(&user, &Letter::to(&user, kind));
    state.store.append_events(&[event]).await
}
