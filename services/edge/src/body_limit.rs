//! Reads the request's body and its announced length; answers 413 for one that is too large and
//! 400 for one that breaks off, whatever the service made of half a body.
//!
//! tower-http's `RequestBodyLimitLayer` answers in plain text, and sees only what was announced.

use std::sync::{Arc, OnceLock};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::header;
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kit::http::Problem;

use crate::{
    call::IntegrationTime,
    error::{bad_request, body_too_large},
    middleware::{Before, DecidedBy, Middleware},
};

/// The largest body of an operation, in bytes.
#[derive(Clone)]
pub(crate) struct BodyLimit(pub(crate) usize);

/// What was wrong with a body, found out while the service reads it.
pub(crate) type Fault = Arc<OnceLock<Problem>>;

impl Middleware for BodyLimit {
    /// None for a request without a body.
    type Kept = Option<Fault>;

    fn before(&self, request: Request) -> Before<Option<Fault>> {
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > self.0 as u64) {
            return Before::Refuse(body_too_large(self.0));
        }
        if request.body().is_end_stream() {
            return Before::Pass(request, None);
        }
        let fault = Fault::default();
        let limited = request.map(|body| limited(body, self.0, fault.clone()));
        Before::Pass(limited, Some(fault))
    }

    fn after(fault: Option<Fault>, answer: Response) -> Response {
        refuse_instead::<Self>(fault.as_ref(), answer)
    }
}

/// What was wrong with the body, whatever the service made of it.
pub(crate) fn refuse_instead<M>(fault: Option<&Fault>, mut answer: Response) -> Response {
    let Some(fault) = fault.and_then(|fault| fault.get()) else {
        return answer;
    };
    let mut refusal = fault.clone().into_response();
    refusal.extensions_mut().insert(DecidedBy::layer::<M>());
    if let Some(time) = answer.extensions_mut().remove::<IntegrationTime>() {
        refusal.extensions_mut().insert(time);
    }
    refusal
}

/// The body, which ends with an error beyond `limit` and notes what is wrong with it.
fn limited(body: Body, limit: usize, noted: Fault) -> Body {
    Body::new(Limited::new(body, limit).map_err(move |fault| {
        let problem = if fault.is::<LengthLimitError>() {
            body_too_large(limit)
        } else {
            bad_request("The body broke off, or its chunks could not be read.")
        };
        let _ = noted.set(problem);
        fault
    }))
}
