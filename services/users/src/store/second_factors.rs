//! The port to what users keep beside a password.

use async_trait::async_trait;
use jiff::Timestamp;
use kit::events::Event;
use uuid::Uuid;

use crate::{Error, passkey::Passkey, recovery::CodeHash, totp::App, user::Name};

/// What a user has beside the password.
#[derive(Default)]
pub struct Factors {
    /// Since when an app makes codes.
    pub totp_added_at: Option<Timestamp>,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
    /// The passkeys, oldest first.
    pub passkeys: Vec<Passkey>,
}

impl Factors {
    /// What may be used beside the password, as the API names it; none without a second factor.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let (has_totp, has_passkey) = (self.totp_added_at.is_some(), !self.passkeys.is_empty());
        let has_codes = (has_totp || has_passkey) && self.recovery_codes > 0;
        let all = [
            (has_totp, "totp"),
            (has_passkey, "passkey"),
            (has_codes, "recovery-code"),
        ];
        let had = all.into_iter().filter(|(has, _)| *has);
        had.map(|(_, name)| name).collect()
    }
}

/// Codes of apps, recovery codes, passkeys, and challenges that were answered. What changes them tells the owner,
/// by a notice in the same transaction.
#[async_trait]
pub trait SecondFactors {
    /// Whether the user has a passkey or codes of an app.
    async fn has_second_factor(&self, user_id: Uuid) -> Result<bool, Error>;

    /// All that the user has.
    async fn list_factors(&self, user_id: Uuid) -> Result<Factors, Error>;

    /// The sealed secret of the user's app.
    async fn find_totp(&self, user_id: Uuid) -> Result<Option<Vec<u8>>, Error>;

    /// Makes this the user's app, in place of an earlier one. The recovery codes are kept where the user has
    /// none: whether they were.
    async fn set_totp(&self, app: App, codes: &[CodeHash], notice: Event) -> Result<bool, Error>;

    /// Uses up the codes up to that of `step`; false when it was used before, decided atomically.
    async fn use_totp_step(&self, user_id: Uuid, step: i64) -> Result<bool, Error>;

    /// Forgets the user's app, and with the last factor the recovery codes; [`Error::NotFound`] when
    /// there is none.
    async fn delete_totp(&self, user_id: Uuid, notice: Event) -> Result<(), Error>;

    /// Keeps these recovery codes in place of all others; [`Error::NotFound`] when the user has no
    /// second factor.
    async fn replace_recovery_codes(
        &self,
        user_id: Uuid,
        codes: &[CodeHash],
        notice: Event,
    ) -> Result<(), Error>;

    /// Uses a recovery code up; false when there is no such code, decided atomically.
    async fn use_recovery_code(&self, user_id: Uuid, code: &CodeHash) -> Result<bool, Error>;

    /// Adds a passkey; [`Error::TooManyPasskeys`] when there are as many as may be, decided atomically.
    /// The recovery codes are kept where the user has none: whether they were.
    async fn insert_passkey(
        &self,
        passkey: &Passkey,
        codes: &[CodeHash],
        notice: Event,
    ) -> Result<bool, Error>;

    /// The passkey that a device knows by this id.
    async fn find_passkey(&self, credential_id: &[u8]) -> Result<Option<Passkey>, Error>;

    /// Notes that a passkey was used so often; false when it was used as often before, decided
    /// atomically. Two zeros are a device that does not count.
    async fn use_passkey(&self, id: Uuid, counter: u32, now: Timestamp) -> Result<bool, Error>;

    /// Renames a passkey of the user; [`Error::NotFound`] when there is none.
    async fn rename_passkey(&self, user_id: Uuid, id: Uuid, name: &Name) -> Result<(), Error>;

    /// Deletes a passkey of the user, and with the last factor the recovery codes;
    /// [`Error::NotFound`] when there is none.
    async fn delete_passkey(&self, user_id: Uuid, id: Uuid, notice: Event) -> Result<(), Error>;

    /// Notes that a challenge was answered; false when it was answered before, decided atomically.
    async fn use_challenge(&self, hash: &[u8], expires_at: Timestamp) -> Result<bool, Error>;

    /// Forgets answered challenges that expired before `now`.
    async fn delete_expired_challenges(&self, now: Timestamp) -> Result<(), Error>;
}
