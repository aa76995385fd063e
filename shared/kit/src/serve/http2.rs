//! One connection by HTTP/2 (RFC 9113): many requests at once, within limits that no client can stretch.
//!
//! What holds a request up there is not the socket: a client may leave it open and never widen a
//! stream's window. So every answer is watched by itself, and a stream whose client takes nothing is
//! reset. The connection goes on; one without streams is closed after a while.

mod answer;
mod streams;

use std::{cell::RefCell, convert::Infallible, time::Duration};

use axum::body::Body;
use futures::{
    FutureExt,
    future::{Either, ready as answered},
};
use http::header;
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use self::{answer::Answer, streams::Streams};
use super::{App, Client, http1::head_too_large};

/// How many requests one connection may have at once.
const STREAMS: u32 = 128;

/// How many streams a client may have reset before we have looked at them, and how many it may make us
/// reset by breaking the rules; with one more the connection ends (CVE-2023-44487, CVE-2025-8671).
const RESETS: usize = 64;

/// How much of one body, and of all bodies of a connection, is taken before somebody reads it.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 512 * 1024;

/// How many header lines a request may have: as many as by HTTP/1.
const MAX_LINES: usize = 100;

/// How often a client is asked whether it is still there, and how long it may take to say so.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn serve<A: App>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    client: Client<A>,
) {
    let Client {
        app,
        peer,
        limits,
        stop,
        // Held to the end: the drain waits for it.
        closing: _closing,
        hsts,
    } = client;
    let streams = Streams::new(limits.write);
    let mut http = http2::Builder::new(streams.clone());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT);
    let app = RefCell::new(app);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let mut request = request.map(|body| match body.is_end_stream() {
            true => Body::empty(),
            false => Body::new(body),
        });
        // The host is where HTTP/1 has it, for all that stands inside.
        if let Some(authority) = request.uri().authority()
            && !request.headers().contains_key(header::HOST)
            && let Ok(host) = authority.as_str().try_into()
        {
            request.headers_mut().insert(header::HOST, host);
        }
        request.extensions_mut().insert(peer.clone());
        let hsts = hsts.clone();
        let answer = match request.headers().len() <= MAX_LINES {
            true => Either::Left(app.borrow_mut().call(request)),
            false => Either::Right(answered(Ok(head_too_large()))),
        };
        answer.map(move |answer| {
            let mut answer = answer.unwrap_or_else(|never| match never {});
            if let Some(hsts) = hsts {
                let headers = answer.headers_mut();
                headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
            }
            Ok::<_, Infallible>(answer.map(Answer::new))
        })
    });
    let connection = http.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // A client that goes away or speaks nonsense is no fault of ours.
    tokio::select! {
        _ = &mut connection => return,
        () = stop.cancelled() => {}
        () = streams.idle(limits.header_read, limits.idle) => {}
    }
    // Tells the client that no more of its requests are taken here, and answers those there are.
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = &mut connection => {}
        () = streams.idle(limits.write, limits.write) => {}
    }
}
