//! Cognito's tokens, and whom they are of.

use aws_sdk_cognitoidentityprovider::types::AuthenticationResultType;
use jsonwebtoken::dangerous::insecure_decode_claims;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::super::{Hosted, Person, Signed};
use crate::{
    Error,
    session::RefreshToken,
    user::{Email, Name},
};

/// The group of those who work for the shop.
pub(super) const STAFF: &str = "staff";

/// The group of those who look after people.
pub(super) const MANAGER: &str = "manager";

#[derive(Deserialize)]
struct AccessClaims {
    #[serde(default, rename = "cognito:groups")]
    groups: Vec<String>,
}

#[derive(Deserialize)]
struct IdClaims {
    sub: String,
    email: Option<String>,
    #[serde(default)]
    email_verified: Value,
    name: Option<String>,
}

/// The tokens of an answer of its API.
pub(super) fn read(tokens: Option<AuthenticationResultType>) -> Result<Signed, Error> {
    let tokens = tokens.ok_or_else(malformed)?;
    begun(Hosted {
        access_token: tokens.access_token.ok_or_else(malformed)?,
        id_token: tokens.id_token.ok_or_else(malformed)?,
        refresh: tokens.refresh_token.as_deref().map(RefreshToken::received),
        expires_in: tokens.expires_in.into(),
    })
}

/// The session of these tokens, which came from Cognito itself over TLS (OpenID Connect Core §3.1.3.7, 6).
pub(super) fn begun(tokens: Hosted) -> Result<Signed, Error> {
    let access: AccessClaims = claims(&tokens.access_token).ok_or_else(malformed)?;
    let id: IdClaims = claims(&tokens.id_token).ok_or_else(malformed)?;
    // Anybody may write any address into their own account; it counts once a letter has reached them.
    let is_verified = id.email_verified == true || id.email_verified == "true";
    let email = id.email.filter(|_| is_verified);
    Ok(Signed {
        person: Person {
            subject: id.sub,
            email: email.and_then(|email| Email::parse(&email).ok()),
            name: id.name.and_then(|name| Name::parse(&name).ok()),
            is_staff: access.groups.iter().any(|group| group == STAFF),
            is_manager: access.groups.iter().any(|group| group == MANAGER),
        },
        access_token: tokens.access_token,
        expires_in: tokens.expires_in,
        refresh: tokens.refresh,
    })
}

fn malformed() -> Error {
    Error::Directory("it gave no tokens that can be read".into())
}

fn claims<T: DeserializeOwned>(token: &str) -> Option<T> {
    insecure_decode_claims(token).ok()
}
