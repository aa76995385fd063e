//! Second moment. Reads `Authorization`; hands on who the user is; refuses a token that is
//! expired, forged or not meant for us with 401 on every path. Without a token it hands on nobody.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
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

pub(crate) async fn identify(
    State(gateway): State<Arc<Gateway>>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut authorizations = request.headers().get_all(header::AUTHORIZATION).iter();
    let several = authorizations.nth(1).is_some();
    // The token ends here: services trust the caller token alone.
    if let Some(authorization) = request.headers_mut().remove(header::AUTHORIZATION) {
        if several {
            return challenge(invalid_token("Send one `Authorization` header."));
        }
        match verify(&gateway, &authorization).await {
            Ok(identity) => request.extensions_mut().insert(identity),
            Err(problem) => return challenge(problem),
        };
    }
    next.run(request).await
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

fn challenge(problem: Problem) -> Response {
    let mut response = problem.into_response();
    if response.status() == http::StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
