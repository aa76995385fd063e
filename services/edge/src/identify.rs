//! Second moment. Reads `Authorization`; hands on who the user is; refuses a token that is
//! expired, forged or not meant for us with 401 on every path. Without a token it hands on nobody.

use std::sync::Arc;

use axum::extract::Request;
use http::{HeaderValue, header};
use kit::http::Problem;
use uuid::Uuid;

use crate::{Gateway, error::invalid_token, keys::Refused};

/// The signed-in user, from a verified access token.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) subject: Uuid,
    pub(crate) groups: Arc<[Arc<str>]>,
}

/// Who the user is, if the request says so.
pub(crate) async fn identify(
    gateway: &Gateway,
    request: &mut Request,
) -> Result<Option<Identity>, Problem> {
    let mut authorizations = request.headers().get_all(header::AUTHORIZATION).iter();
    let several = authorizations.nth(1).is_some();
    // The token ends here: services trust the caller token alone.
    let Some(authorization) = request.headers_mut().remove(header::AUTHORIZATION) else {
        return Ok(None);
    };
    if several {
        return Err(invalid_token("Send one `Authorization` header."));
    }
    verify(gateway, &authorization).await.map(Some)
}

async fn verify(gateway: &Gateway, authorization: &HeaderValue) -> Result<Identity, Problem> {
    let token = authorization.to_str().ok().and_then(bearer);
    let token =
        token.ok_or_else(|| invalid_token("Send `Authorization: Bearer <access token>`."))?;
    gateway
        .keys
        .verify(token)
        .await
        .map_err(|refused| match refused {
            Refused::Token(detail) => invalid_token(detail),
            Refused::NoKeys(cause) => Problem::unavailable().because(cause),
        })
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
