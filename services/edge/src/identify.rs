//! Reads `Authorization`, or a signature in the query; tells who the user is; refuses a token that is
//! expired, forged or not meant for us with 401, and a signature with 403, on every path alike, for which it
//! stands outside of the route. Without either it tells of nobody, nor while a signature is to be
//! proven by the body (`signed_body`). Without the issuer's keys it cannot say, which matters to `permit` alone.

use std::{net::IpAddr, sync::Arc};

use axum::extract::Request;
use http::{HeaderValue, header};
use kit::http::Problem;

use crate::{
    call::{Call, Who},
    error::{invalid_token, signature_refused},
    issuers::Issuers,
    keys::Refused,
    limit::Client,
    middleware::{Before, Middleware},
    signature::Signatures,
    throttle::Throttle,
};

/// Verifies access tokens and signatures.
#[derive(Clone)]
pub(crate) struct Identify {
    pub(crate) issuers: Arc<Issuers>,
    pub(crate) signatures: Signatures,
    /// What is refused here costs as much as a call, so that guessing is limited too.
    pub(crate) throttle: Option<Throttle>,
}

impl Middleware for Identify {
    type Kept = ();

    fn before(&self, mut request: Request) -> Before<()> {
        if Signatures::seem_in(&request) {
            let (signed, verified) = self.signatures.verify(request);
            match verified {
                Ok(true) => return Before::Pass(signed, ()),
                Ok(false) => request = signed,
                Err(refusal) => return self.refuse(&signed, signature_refused(refusal)),
            }
        }
        let mut authorizations = request.headers().get_all(header::AUTHORIZATION).iter();
        let several = authorizations.nth(1).is_some();
        // The token ends here: services trust the caller token alone.
        let Some(authorization) = request.headers_mut().remove(header::AUTHORIZATION) else {
            return Before::Pass(request, ());
        };
        let remembered = bearer(&authorization).and_then(|token| self.issuers.remembered(token));
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
                    let address = Call::of(&request).address;
                    Err(stage.charge(address, refusal).await)
                }
            }
        }))
    }
}

impl Identify {
    fn refuse(&self, request: &Request, refusal: Problem) -> Before<()> {
        let (stage, address) = (self.clone(), Call::of(request).address);
        Before::Wait(Box::pin(async move {
            Err(stage.charge(address, refusal).await)
        }))
    }

    /// The refusal, or that there were too many of them.
    async fn charge(&self, address: IpAddr, refusal: Problem) -> Problem {
        match &self.throttle {
            Some(throttle) => {
                let charged = throttle.charge(Client::at(address)).await;
                charged.err().unwrap_or(refusal)
            }
            None => refusal,
        }
    }

    async fn verify(&self, authorization: &HeaderValue, several: bool) -> Result<Who, Problem> {
        if several {
            return Err(invalid_token("Send one `Authorization` header."));
        }
        let token = bearer(authorization);
        let token =
            token.ok_or_else(|| invalid_token("Send `Authorization: Bearer <access token>`."))?;
        match self.issuers.verify(token).await {
            Ok(identity) => Ok(Who::User(identity)),
            Err(Refused::Token(detail)) => Err(invalid_token(detail)),
            Err(Refused::NoKeys(cause)) => {
                Ok(Who::Unverified(Problem::unavailable().because(cause)))
            }
        }
    }
}

pub(crate) fn bearer(authorization: &HeaderValue) -> Option<&str> {
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    // One space or more (RFC 9110 §11.4).
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
