//! One connection by HTTP/1: its requests one after the other (RFC 9112).

use std::{cell::RefCell, convert::Infallible, sync::Arc};

use axum::response::Response;
use futures::{
    FutureExt,
    future::{Either, ready as answered},
};
use http::{HeaderValue, StatusCode, header};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    App, Client, MAX_HEAD,
    progress::{HeadTimer, Progress, Stream},
};

/// What the buffer has room for beside a head's lines: the method, the version and the empty line.
/// The limit is checked once all is there.
const FIRST_LINE: usize = 1024;

/// What is left of a body when it is answered is read, if it is no more than this many bytes, and
/// the connection goes on.
const READ_ANYWAY: u64 = MAX_HEAD as u64;

pub(super) async fn serve<A: App>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    client: Client<A>,
) {
    let Client {
        app,
        peer,
        limits,
        stop,
        closing,
        hsts,
    } = client;
    let progress = Progress::new();
    let mut http = http1::Builder::new();
    // Runs while a connection is idle; `HeadTimer` cuts it short once a head has begun.
    http.header_read_timeout(limits.idle)
        .max_buf_size(limits.head + FIRST_LINE)
        .timer(HeadTimer {
            progress: progress.clone(),
            head_read: limits.header_read,
        });
    let stream = TokioIo::new(Stream::new(stream, progress.clone()));
    // A connection has one request at a time, and so one app: a clone for each request would be
    // work for nothing.
    let app = RefCell::new(app);
    let stop = Arc::new(stop);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let is_short = is_read_anyway(&request);
        let mut request = request.map(|body| progress.body(body));
        request.extensions_mut().insert(peer.clone());
        let (stop, progress, hsts) = (stop.clone(), progress.clone(), hsts.clone());
        let answer = match head_of(&request) <= limits.head {
            true => Either::Left(app.borrow_mut().call(request)),
            false => Either::Right(answered(Ok(head_too_large()))),
        };
        answer.map(move |answer| {
            let mut answer = answer.unwrap_or_else(|never| match never {});
            let is_early = progress.is_unread() && !is_short;
            if is_early || stop.is_cancelled() {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(header::CONNECTION, close);
            }
            if let Some(hsts) = hsts {
                let headers = answer.headers_mut();
                headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
            }
            Ok::<_, Infallible>(answer)
        })
    });
    // A client that goes away or speaks nonsense is no fault of ours.
    let _ = closing.watch(http.serve_connection(stream, service)).await;
}

/// Whether the server reads what is left of the body when the answer is given.
fn is_read_anyway(request: &http::Request<Incoming>) -> bool {
    let length = request.body().size_hint().upper();
    let is_there = !request.headers().contains_key(header::EXPECT);
    is_there && length.is_some_and(|length| length <= READ_ANYWAY)
}

/// The size of a head, which may be larger than its limit: the buffer takes some more at once.
fn head_of<B>(request: &http::Request<B>) -> usize {
    let target = request.uri().path_and_query();
    let target = target.map_or(0, |target| target.as_str().len());
    let lines = request.headers().iter();
    let lines = lines.map(|(name, value)| name.as_str().len() + ": \r\n".len() + value.len());
    target + lines.sum::<usize>()
}

pub(super) fn head_too_large() -> Response {
    let mut answer = Response::default();
    *answer.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    answer
}
