//! Reads `Authorization`; tells who the user is; refuses a token that is expired, forged or not
//! meant for us with 401, on every path alike, for which it stands outside of the route. Without a
//! token it tells of nobody. Without the issuer's keys it cannot say, which matters to `permit` alone.

use std::sync::Arc;

use axum::extract::Request;
use http::{HeaderValue, header};
use kit::http::Problem;

use crate::{
    call::{Call, Who},
    error::invalid_token,
    keys::{Keys, Refused},
    limit::Client,
    middleware::{Before, Middleware},
    throttle::Throttle,
};

/// Verifies access tokens.
#[derive(Clone)]
pub(crate) struct Identify {
    pub(crate) keys: Arc<Keys>,
    /// What is refused here costs as much as a call, so that guessing is limited too.
    pub(crate) throttle: Option<Throttle>,
}

impl Middleware for Identify {
    type Kept = ();

    fn before(&self, mut request: Request) -> Before<()> {
        let mut authorizations = request.headers().get_all(header::AUTHORIZATION).iter();
        let several = authorizations.nth(1).is_some();
        // The token ends here: services trust the caller token alone.
        let Some(authorization) = request.headers_mut().remove(header::AUTHORIZATION) else {
            return Before::Pass(request, ());
        };
        let remembered = bearer(&authorization).and_then(|token| self.keys.remembered(token));
        if let (Some(identity), false) = (remembered, several) {
            Call::of_mut(&mut request).caller = Who::User(identity);
            return Before::Pass(request, ());
        }
        let stage = self.clone();
        Before::Wait(Box::pin(async move {
            match stage.verify(&authorization, several).await {
                Ok(caller) => {
                    Call::of_mut(&mut request).caller = caller;
                    Ok((request, ()))
                }
                Err(refusal) => {
                    if let Some(throttle) = &stage.throttle {
                        let address = Call::of(&request).address;
                        throttle.charge(Client::at(address)).await?;
                    }
                    Err(refusal)
                }
            }
        }))
    }
}

impl Identify {
    async fn verify(&self, authorization: &HeaderValue, several: bool) -> Result<Who, Problem> {
        if several {
            return Err(invalid_token("Send one `Authorization` header."));
        }
        let token = bearer(authorization);
        let token =
            token.ok_or_else(|| invalid_token("Send `Authorization: Bearer <access token>`."))?;
        match self.keys.verify(token).await {
            Ok(identity) => Ok(Who::User(identity)),
            Err(Refused::Token(detail)) => Err(invalid_token(detail)),
            Err(Refused::NoKeys(cause)) => {
                Ok(Who::Unverified(Problem::unavailable().because(cause)))
            }
        }
    }
}

fn bearer(authorization: &HeaderValue) -> Option<&str> {
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    // One space or more (RFC 9110 §11.4).
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
