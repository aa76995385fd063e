//! The last layer before the service. Gives the request what the service trusts: a caller token, a
//! deadline, the client's address, the trace; says whether it may be repeated. Answers 502 in place
//! of a failure that did not come from our code, and 408, 503 or 504 when no answer came, 503 too when
//! the service does not trust the edge.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use client::{Repeatable, UpstreamError};
use futures::{FutureExt, future::Map};
use http::{HeaderMap, HeaderName, StatusCode, Version, header};
use http_body::Body as _;
use kit::{
    deadline::{DEADLINE_HEADER, Deadline},
    http::{Problem, is_problem},
    identity::{CALLER_CHALLENGE, CALLER_HEADER, Caller},
    telemetry::{REQUEST_ID, RequestId},
    trace,
};
use tower::Service;

use crate::{
    call::{Call, IntegrationTime},
    compress,
    error::{bad_gateway, request_timeout},
    hop_by_hop::{drop_all, drop_hop_by_hop},
    middleware::{Before, Middleware},
    operation::Operation,
};

/// How many headers an answer gets on its way out: id, time, protection, CORS.
pub(crate) const ADDED_TO_ANSWERS: usize = 12;

/// What a service, or a proxy before it, says to us alone or of itself.
const PRIVATE: [HeaderName; 5] = [
    CALLER_HEADER,
    DEADLINE_HEADER,
    header::PROXY_AUTHENTICATE,
    header::SERVER,
    HeaderName::from_static("x-powered-by"),
];

/// Prepares calls of one operation.
#[derive(Clone)]
pub(crate) struct Forward {
    operation: Arc<Operation>,
    /// Who signs the caller tokens.
    edge: Arc<str>,
}

impl Forward {
    pub(crate) fn new(operation: &Arc<Operation>) -> Self {
        Self {
            operation: operation.clone(),
            edge: "edge".into(),
        }
    }

    /// Gives the request what the service trusts, and takes what it has no use for.
    fn set_upstream_headers(&self, headers: &mut HeaderMap, call: &Call, id: Option<&RequestId>) {
        let operation = &self.operation;
        if !operation.cookies {
            headers.remove(header::COOKIE);
        }
        compress::restore_tags(headers);
        if let Some(RequestId(id)) = id {
            headers.insert(REQUEST_ID, id.clone());
        }
        if let Some(trace) = trace::current() {
            trace.tell(headers);
        }
        if let Some(minter) = &operation.target.minter {
            let user = call.user();
            let token = minter.mint(Caller {
                issuer: self.edge.clone(),
                subject: user.map(|user| user.subject),
                groups: user.map_or_else(Arc::default, |user| user.groups.clone()),
                session: user.and_then(|user| user.session),
                auth_time: user.and_then(|user| user.auth_time),
                amr: user.map_or_else(Arc::default, |user| user.amr.clone()),
                route: operation.arn.clone(),
            });
            headers.insert(CALLER_HEADER, token);
        }
    }
}

impl Middleware for Forward {
    type Kept = Instant;

    fn before(&self, mut request: Request) -> Before<Instant> {
        // What the layers noted for each other is not the service's business.
        let noted = std::mem::take(request.extensions_mut());
        let call = noted.get::<Call>();
        let call = call.expect("`sanitise` stands outside of all that ask");
        self.set_upstream_headers(request.headers_mut(), call, noted.get());
        if self.operation.target.minter.is_none()
            && let Some(user) = call.user()
        {
            // What the edge answers itself needs no caller token.
            request.extensions_mut().insert(user.clone());
        }
        // The inner connection is our own, whatever the client speaks.
        *request.version_mut() = Version::HTTP_11;
        let deadline = Deadline::within(self.operation.timeout);
        request.extensions_mut().insert(deadline);
        if self.operation.retry && request.body().is_end_stream() {
            request.extensions_mut().insert(Repeatable);
        }
        Before::Pass(request, Instant::now())
    }

    fn after(started: Instant, mut answer: Response) -> Response {
        drop_hop_by_hop(answer.headers_mut());
        drop_all(answer.headers_mut(), &PRIVATE);
        // Of the layers outside: room is made once.
        answer.headers_mut().reserve(ADDED_TO_ANSWERS);
        let mut answer = reject_opaque_5xx(reject_distrust(answer));
        let time = IntegrationTime(started.elapsed());
        answer.extensions_mut().insert(time);
        answer
    }
}

/// An upstream whose failures to answer are answers as well.
#[derive(Clone)]
pub(crate) struct Answering<S>(pub(crate) S);

type Answer = Result<Response, Infallible>;

impl<S> Service<Request> for Answering<S>
where
    S: Service<Request, Response = Response, Error = UpstreamError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Map<S::Future, fn(Result<Response, UpstreamError>) -> Answer>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // An upstream is always ready; one that is not would tell so again when it is called.
        self.0.poll_ready(context).map(|_| Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.0
            .call(request)
            .map(|answer| Ok(answer.unwrap_or_else(no_answer)))
    }
}

fn no_answer(fault: UpstreamError) -> Response {
    let problem = match &fault {
        UpstreamError::BodyTimedOut(_) => request_timeout(),
        UpstreamError::TimedOut(_) => Problem::timeout(),
        UpstreamError::Unreachable(_) => Problem::unavailable(),
    };
    problem.because(fault).into_response()
}

/// A service that does not trust the edge (another key, or clocks too far apart) says nothing of the
/// client, who must not take it for the end of a session.
fn reject_distrust(answer: Response) -> Response {
    let challenge = answer.headers().get(header::WWW_AUTHENTICATE);
    if answer.status() == StatusCode::UNAUTHORIZED && challenge == Some(&CALLER_CHALLENGE) {
        let cause = "the service does not trust the edge: compare their invoke keys and clocks";
        return Problem::unavailable().because(cause).into_response();
    }
    answer
}

/// A failure that is no problem document did not come from our code: its text stays here.
fn reject_opaque_5xx(answer: Response) -> Response {
    let status = answer.status();
    if status.is_server_error() && !is_problem(&answer) {
        return bad_gateway()
            .because(format!("answered {status} without a problem"))
            .into_response();
    }
    answer
}
