//! What an account's owner is told, and the log without the owner's name: somebody may have done it in
//! their place.

use uuid::Uuid;

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

/// Notes a change. Here a letter to the owner belongs.
pub(crate) fn changed(user_id: Uuid, change: Change) {
    tracing::info!(%user_id, ?change, "the ways into an account have changed");
}
