//! Second moment. Reads `Authorization`; hands on who the user is; refuses a token that is
//! expired, forged or not meant for us with 401 on every path. Without a token it hands on nobody.
//! Without the issuer's keys it cannot say, which is 503 for an operation that is not public.

use std::sync::Arc;

use axum::extract::Request;
use http::{HeaderValue, header};
use kit::http::Problem;
use uuid::Uuid;

use crate::{
    Gateway,
    document::{Access, Operation},
    error::invalid_token,
    keys::Refused,
};

/// The signed-in user, from a verified access token.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) subject: Uuid,
    pub(crate) groups: Arc<[Arc<str>]>,
}

/// Who calls, as far as the edge can tell.
pub(crate) enum Who {
    Nobody,
    User(Identity),
    /// Somebody with a token that cannot be verified now.
    Unverified(Problem),
}

impl Who {
    /// Who calls this operation: where anybody may, whoever cannot be verified is nobody.
    pub(crate) fn of(self, operation: &Operation) -> Result<Option<Identity>, Problem> {
        match self {
            Self::User(identity) => Ok(Some(identity)),
            Self::Nobody => Ok(None),
            Self::Unverified(_) if operation.access == Access::Public => Ok(None),
            Self::Unverified(problem) => Err(problem),
        }
    }
}

/// Who the user is, if the request says so.
pub(crate) async fn identify(gateway: &Gateway, request: &mut Request) -> Result<Who, Problem> {
    let mut authorizations = request.headers().get_all(header::AUTHORIZATION).iter();
    let several = authorizations.nth(1).is_some();
    // The token ends here: services trust the caller token alone.
    let Some(authorization) = request.headers_mut().remove(header::AUTHORIZATION) else {
        return Ok(Who::Nobody);
    };
    if several {
        return Err(invalid_token("Send one `Authorization` header."));
    }
    verify(gateway, &authorization).await
}

async fn verify(gateway: &Gateway, authorization: &HeaderValue) -> Result<Who, Problem> {
    let token = authorization.to_str().ok().and_then(bearer);
    let token =
        token.ok_or_else(|| invalid_token("Send `Authorization: Bearer <access token>`."))?;
    match gateway.keys.verify(token).await {
        Ok(identity) => Ok(Who::User(identity)),
        Err(Refused::Token(detail)) => Err(invalid_token(detail)),
        Err(Refused::NoKeys(cause)) => Ok(Who::Unverified(Problem::unavailable().because(cause))),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
