//! Step up (RFC 9470): what changes how an account is entered takes a proof of the last five minutes,
//! by two factors where the account has a second one.

use axum::extract::FromRequestParts;
use http::request::Parts;
use kit::{http::Problem, identity};

use crate::{AppState, Error, proof::FRESH};

/// A signed-in user who has just proven who they are; 401 `step-up-required` for one who has not.
/// A handler asks for it in place of [`identity::User`].
pub(crate) struct Fresh(pub(crate) identity::User);

impl FromRequestParts<AppState> for Fresh {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let user = identity::User::from_request_parts(parts, state).await?;
        let now = state.clock.now().as_second();
        // A clock that was set back does not make a proof last longer.
        let is_fresh = |at: i64| (now - at).abs() <= FRESH.as_secs();
        if !user.auth_time.is_some_and(is_fresh) {
            return Err(Error::StepUpRequired.into());
        }
        if !user.by_two_factors && state.store.has_second_factor(user.id).await? {
            return Err(Error::StepUpRequired.into());
        }
        Ok(Self(user))
    }
}

/// A manager who has just proven so; 403 `managers-only` for other users.
pub(crate) struct FreshManager(pub(crate) identity::User);

impl FromRequestParts<AppState> for FreshManager {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        identity::Manager::from_request_parts(parts, state).await?;
        let Fresh(user) = Fresh::from_request_parts(parts, state).await?;
        Ok(Self(user))
    }
}
