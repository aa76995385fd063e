//! Passkeys (Web Authentication level 3): keys that a device keeps for this shop alone, and uses only
//! for the person whom it knows by a finger, a face or a PIN. So one is two factors by itself, and
//! needs no e-mail address beside it.
//!
//! `passki` reads and verifies; what it gives is stored as it is.

use std::sync::Arc;

use http::Uri;
use jiff::Timestamp;
use passki::{
    AuthenticationCredential, AuthenticationOptions, AuthenticationState, Passki, PasskiError,
    RegistrationCredential, RegistrationOptions, RegistrationState, ResidentKeyRequirement,
    StoredPasskey, UserVerificationRequirement,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Error,
    challenge::LIFE,
    user::{Name, User},
};

/// How many one user may have.
pub const MAX_PASSKEYS: i64 = 20;

/// A passkey as it is kept.
#[derive(Clone)]
pub struct Passkey {
    /// The id in this API.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// The id that the device has for it.
    pub credential_id: Vec<u8>,
    /// The public key and what belongs to it, as JSON.
    pub credential: String,
    /// How often the device has used it; 0 where it does not count.
    pub counter: u32,
    /// What its owner calls it.
    pub name: Name,
    /// Since when.
    pub added_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

/// The shop's address cannot have passkeys.
#[derive(Debug, thiserror::Error)]
#[error("site: expected the origin of the shop's pages, e.g. `https://shop.example`")]
pub struct BadSite;

/// Begins ceremonies with passkeys and verifies how they end.
#[derive(Clone)]
pub(crate) struct Passkeys(Arc<Passki>);

impl Passkeys {
    /// For the pages of this origin: a passkey belongs to their host.
    pub(crate) fn of(site: &str) -> Result<Self, BadSite> {
        let uri: Uri = site.parse().map_err(|_| BadSite)?;
        let host = uri.host().ok_or(BadSite)?;
        let (scheme, authority) = (uri.scheme_str(), uri.authority());
        let origin = authority
            .zip(scheme)
            .map(|(it, scheme)| format!("{scheme}://{it}"));
        if origin.as_deref() != Some(site) || !matches!(scheme, Some("http" | "https")) {
            return Err(BadSite);
        }
        Ok(Self(Arc::new(Passki::new(host, &[site], "Terrace"))))
    }

    /// What the browser needs to make a passkey, and what is needed to believe it. A device that has
    /// one of `existing` makes no other.
    pub(crate) fn begin_enrolment(
        &self,
        user: &User,
        existing: &[Passkey],
    ) -> Result<(Value, RegistrationState), Error> {
        let existing = existing.iter().map(stored).collect::<Result<Vec<_>, _>>()?;
        let mut options = RegistrationOptions::default();
        options.timeout = LIFE.as_secs().unsigned_abs() * 1000;
        options.resident_key = ResidentKeyRequirement::Required;
        options.user_verification = UserVerificationRequirement::Required;
        options.exclude_credentials = Some(&existing);
        let (email, name) = (user.email.as_str(), user.name.as_str());
        let id = user.id.as_bytes();
        let begun = self.0.start_passkey_registration(id, email, name, options);
        let (options, state) = begun.map_err(|fault| Error::Internal(fault.into()))?;
        Ok((as_json(&options)?, state))
    }

    /// The passkey that the browser made.
    pub(crate) fn finish_enrolment(
        &self,
        credential: Value,
        state: &RegistrationState,
    ) -> Result<StoredPasskey, Error> {
        let credential: RegistrationCredential = serde_json::from_value(credential)
            .map_err(|_| Error::PasskeyRefused("it is no credential".into()))?;
        let made = self.0.finish_passkey_registration(&credential, state);
        made.map_err(refused)
    }

    /// What the browser needs to use a passkey, whoever's it is, and what is needed to believe it.
    pub(crate) fn begin_proof(&self) -> Result<(Value, AuthenticationState), Error> {
        let mut options = AuthenticationOptions::default();
        options.timeout = LIFE.as_secs().unsigned_abs() * 1000;
        options.user_verification = UserVerificationRequirement::Required;
        let begun = self.0.start_passkey_authentication(&[], options);
        let (options, state) = begun.map_err(|fault| Error::Internal(fault.into()))?;
        Ok((as_json(&options)?, state))
    }

    /// How often this passkey has been used now, after the browser used it. Whether that is more than
    /// before the store knows.
    pub(crate) fn finish_proof(
        &self,
        credential: &AuthenticationCredential,
        state: &AuthenticationState,
        passkey: &Passkey,
    ) -> Result<u32, Error> {
        let mut uncounted = stored(passkey)?;
        uncounted.counter = 0;
        let proof = self
            .0
            .finish_passkey_authentication(credential, state, &uncounted);
        let proof = proof.map_err(refused)?;
        match proof.user_handle.as_deref() == Some(passkey.user_id.as_bytes()) {
            true => Ok(proof.counter),
            false => Err(Error::PasskeyRefused("it is somebody else's".into())),
        }
    }
}

/// The device's id of the passkey that was used, of a well-formed answer.
pub(crate) fn used(credential: Value) -> Result<(AuthenticationCredential, Vec<u8>), Error> {
    let credential: AuthenticationCredential = serde_json::from_value(credential)
        .map_err(|_| Error::PasskeyRefused("it is no credential".into()))?;
    let id = Passki::base64_decode(&credential.raw_id).map_err(refused)?;
    Ok((credential, id))
}

fn stored(passkey: &Passkey) -> Result<StoredPasskey, Error> {
    serde_json::from_str(&passkey.credential).map_err(|fault| Error::Internal(fault.into()))
}

fn as_json(options: &impl serde::Serialize) -> Result<Value, Error> {
    serde_json::to_value(options).map_err(|fault| Error::Internal(fault.into()))
}

fn refused(fault: PasskiError) -> Error {
    Error::PasskeyRefused(fault.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_an_origin_and_nothing_else() {
        for site in ["http://localhost:3000", "https://shop.example"] {
            assert!(Passkeys::of(site).is_ok(), "{site}");
        }
        for site in [
            "",
            "shop.example",
            "https://shop.example/",
            "ftp://shop.example",
        ] {
            assert!(Passkeys::of(site).is_err(), "{site}");
        }
    }
}
