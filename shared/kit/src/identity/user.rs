//! Who is signed in, as handlers ask for them.

use axum::extract::FromRequestParts;
use http::request::Parts;
use uuid::Uuid;

use super::{Caller, untrusted};
use crate::http::{Problem, kinds};

/// A signed-in user; 401 `sign-in-required` for anybody else.
#[derive(Clone, Debug)]
pub struct User {
    /// The user's id, given by the issuer of the access token.
    pub id: Uuid,
    /// Whether the user belongs to the group `staff`.
    pub is_staff: bool,
    /// Whether the user belongs to the group `manager`.
    pub is_manager: bool,
    /// The session, where the user came by an access token of one.
    pub session: Option<Uuid>,
    /// When the user last proved who they are, in seconds since 1970, where that is known.
    pub auth_time: Option<i64>,
    /// Whether that took more than a password.
    pub by_two_factors: bool,
}

/// A signed-in member of the group `staff`; 403 `staff-only` for other users.
#[derive(Clone, Debug)]
pub struct Staff(pub User);

/// A signed-in member of the group `manager`; 403 `managers-only` for other users.
#[derive(Clone, Debug)]
pub struct Manager(pub User);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>();
        caller.cloned().ok_or_else(untrusted)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>().ok_or_else(untrusted)?;
        let id = caller.subject;
        Ok(Self {
            id: id.ok_or_else(|| kinds::SIGN_IN_REQUIRED.problem())?,
            is_staff: caller.is_in("staff"),
            is_manager: caller.is_in("manager"),
            session: caller.session,
            auth_time: caller.auth_time,
            by_two_factors: caller.amr.iter().any(|method| **method == *"mfa"),
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let user = User::from_request_parts(parts, state).await?;
        match user.is_staff {
            true => Ok(Self(user)),
            false => Err(kinds::STAFF_ONLY.problem()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Manager {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let user = User::from_request_parts(parts, state).await?;
        match user.is_manager {
            true => Ok(Self(user)),
            false => Err(kinds::MANAGERS_ONLY.problem()),
        }
    }
}
