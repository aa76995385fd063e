//! Innermost moment: the call itself. Mints the caller token, limits the body, calls the service
//! within the operation's time, which the service is told, and says what may be repeated.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use http::{Version, header, request::Parts};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kit::{
    client::{Repeatable, UpstreamError},
    deadline::Deadline,
    http::{Problem, is_problem},
    identity::{CALLER_HEADER, Caller},
    telemetry::{REQUEST_ID, RequestId},
    trace,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Gateway,
    admit::drop_hop_by_hop,
    document::Operation,
    error::{bad_gateway, bad_request, body_too_large, request_timeout},
    identify::Identity,
};

/// What is known of the request's body, found out while the service reads it.
#[derive(Default)]
struct Reading {
    /// What was wrong with it.
    fault: OnceLock<Problem>,
    /// Whether the client is waited for.
    awaited: AtomicBool,
}

/// How long the service took until its answer's head; rides in the answer's extensions.
#[derive(Clone, Copy)]
pub(crate) struct IntegrationTime(pub(crate) std::time::Duration);

/// What the gates found out.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'a Arc<Operation>,
    /// The signed-in user, if there is one.
    pub(crate) identity: Option<Identity>,
    /// The client's address.
    pub(crate) address: IpAddr,
}

pub(crate) async fn forward(gateway: &Gateway, call: &Call<'_>, request: Request) -> Response {
    let started = Instant::now();
    let reading = Arc::<Reading>::default();
    let answer = send(call, request, &reading).await;
    let mut response = match (reading.fault.get(), answer) {
        // Whatever the service made of half a body, the client is at fault.
        (Some(fault), _) => fault.clone().into_response(),
        (None, Ok(response)) if call.operation.stream => {
            ending_at(&gateway.stop, plausible(response))
        }
        (None, Ok(response)) => plausible(response),
        (None, Err(fault @ UpstreamError::TimedOut(_)))
            if reading.awaited.load(Ordering::Relaxed) =>
        {
            request_timeout().because(fault).into_response()
        }
        (None, Err(fault @ UpstreamError::TimedOut(_))) => {
            Problem::timeout().because(fault).into_response()
        }
        (None, Err(fault)) => Problem::unavailable().because(fault).into_response(),
    };
    response
        .extensions_mut()
        .insert(IntegrationTime(started.elapsed()));
    response
}

async fn send(
    call: &Call<'_>,
    request: Request,
    reading: &Arc<Reading>,
) -> Result<Response, UpstreamError> {
    let operation = call.operation;
    let (mut head, body) = request.into_parts();
    dress(call, &mut head);
    head.extensions.insert(Deadline::within(operation.timeout));
    if operation.retry && body.is_end_stream() {
        head.extensions.insert(Repeatable);
    }
    let body = watched(body, operation.body_limit, reading);
    let upstream = &operation.target.upstream;
    upstream.send(Request::from_parts(head, body)).await
}

/// The body, which ends with an error beyond `limit` and notes how its reading goes.
fn watched(body: Body, limit: usize, reading: &Arc<Reading>) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let (noted, reading) = (reading.clone(), reading.clone());
    let body = Watched { body, reading };
    Body::new(Limited::new(body, limit).map_err(move |fault| {
        let problem = if fault.is::<LengthLimitError>() {
            body_too_large(limit)
        } else {
            bad_request("The body broke off, or its chunks could not be read.")
        };
        let _ = noted.fault.set(problem);
        fault
    }))
}

/// A body that notes whether its client is waited for.
struct Watched {
    body: Body,
    reading: Arc<Reading>,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let awaited = polled.is_pending();
        self.reading.awaited.store(awaited, Ordering::Relaxed);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The answer, whose body ends cleanly at `stop`: the reader comes back to another edge.
fn ending_at(stop: &CancellationToken, response: Response) -> Response {
    let stopped = stop.clone().cancelled_owned();
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(stopped)))
}

/// Gives the request what the service trusts, and takes what it has no use for.
fn dress(call: &Call, head: &mut Parts) {
    let operation = call.operation;
    if !operation.cookies {
        head.headers.remove(header::COOKIE);
    }
    if let Some(RequestId(id)) = head.extensions.get::<RequestId>() {
        head.headers.insert(REQUEST_ID, id.clone());
    }
    if let Some(trace) = trace::current() {
        trace.tell(&mut head.headers);
    }
    if let Some(minter) = &operation.target.minter {
        let identity = call.identity.as_ref();
        let token = minter.mint(Caller {
            issuer: "edge".into(),
            subject: identity.map(|identity| identity.subject),
            groups: identity.map_or_else(Arc::default, |identity| identity.groups.clone()),
            route: operation.arn.clone(),
        });
        head.headers.insert(CALLER_HEADER, token);
    }
    // The inner connection is our own, whatever the client speaks.
    head.version = Version::HTTP_11;
    // What the edge noted for its own moments is not the service's business.
    head.extensions = http::Extensions::new();
}

/// Drops what ends at the inner connection. A failure that is no problem document did not come
/// from our code: its text stays here.
fn plausible(mut response: Response) -> Response {
    drop_hop_by_hop(response.headers_mut());
    let status = response.status();
    if status.is_server_error() && !is_problem(&response) {
        return bad_gateway()
            .because(format!("answered {status} without a problem"))
            .into_response();
    }
    response
}
