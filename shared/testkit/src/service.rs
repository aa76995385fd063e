//! One service under test: its router called in process by any [`Caller`], and answers that
//! assert. No port, no edge.

use std::error::Error;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Method, Request, Response, StatusCode, header, request::Builder},
};
use client::{Upstream, UpstreamError};
use kit::{
    clock::Clock,
    http::ProblemBody,
    identity::{CALLER_HEADER, Caller, Minter},
};
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

/// More than any answer in a test has, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// A key that is long enough to be an invoke key. It opens nothing outside of a test.
pub fn invoke_key() -> SecretString {
    "an-invoke-key-for-tests-alone-01".into()
}

/// A service that trusts [`invoke_key`]. Clones call the same service.
#[derive(Clone)]
pub struct Service {
    upstream: Upstream,
    minter: Minter,
}

/// A service as one caller reaches it.
#[derive(Clone)]
pub struct Client {
    upstream: Upstream,
    minted: Option<(Minter, Caller)>,
}

/// What the service answered, its body read to the end.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Service {
    /// The service called `name`, which trusts [`invoke_key`].
    pub fn new(name: &str, app: Router) -> Self {
        Self {
            upstream: Upstream::InProcess(app),
            minter: Minter::new(name, &invoke_key()).expect("the key is long enough"),
        }
    }

    /// The same where those who call it have this clock.
    pub fn by(clock: Clock, name: &str, app: Router) -> Self {
        let service = Self::new(name, app);
        Self {
            minter: service.minter.with_clock(clock),
            ..service
        }
    }

    /// Called by the edge for somebody who is not signed in.
    pub fn anonymous(&self) -> Client {
        self.called_by(edge(None, &[]))
    }

    /// Called by the edge for a customer.
    pub fn customer(&self, id: Uuid) -> Client {
        self.called_by(edge(Some(id), &["customer"]))
    }

    /// Called by the edge for a member of the shop's staff.
    pub fn staff(&self, id: Uuid) -> Client {
        self.called_by(edge(Some(id), &["customer", "staff"]))
    }

    /// Called by the edge for a member of the staff who looks after people.
    pub fn manager(&self, id: Uuid) -> Client {
        self.called_by(edge(Some(id), &["customer", "staff", "manager"]))
    }

    /// Called by another service.
    pub fn neighbour(&self, name: &str) -> Client {
        self.called_by(Caller {
            issuer: name.into(),
            ..edge(None, &[])
        })
    }

    /// Called by anybody at all.
    pub fn called_by(&self, caller: Caller) -> Client {
        Client {
            upstream: self.upstream.clone(),
            minted: Some((self.minter.clone(), caller)),
        }
    }

    /// Called without a caller token, as from outside; a test may put in a forged one.
    pub fn untrusted(&self) -> Client {
        Client {
            upstream: self.upstream.clone(),
            minted: None,
        }
    }
}

fn edge(subject: Option<Uuid>, groups: &[&str]) -> Caller {
    Caller {
        issuer: "edge".into(),
        subject,
        groups: groups.iter().map(|group| (*group).into()).collect(),
        route: "test".into(),
        ..Caller::default()
    }
}

impl Client {
    /// Somebody outside, who has nothing but the address.
    pub fn outside(upstream: Upstream) -> Self {
        Self {
            upstream,
            minted: None,
        }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.bare(Method::GET, path).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.bare(Method::DELETE, path).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        self.json(Method::POST, path, body).await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: &impl Serialize) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: &impl Serialize) -> Answer {
        self.json(Method::PATCH, path, body).await
    }

    /// A request without a body.
    pub async fn bare(&self, method: Method, path: &str) -> Answer {
        self.send(request(method, path), Body::empty()).await
    }

    /// A request with a JSON body.
    pub async fn json(&self, method: Method, path: &str, body: &impl Serialize) -> Answer {
        let body = serde_json::to_vec(body).expect("a test's body is JSON");
        let request = request(method, path).header(header::CONTENT_TYPE, "application/json");
        self.send(request, body).await
    }

    /// The status alone, of an answer that may be a stream without end.
    pub async fn status(&self, request: Builder, body: impl Into<Body>) -> StatusCode {
        let answer = self.exchange(request, body.into()).await;
        answer.expect("the service can be reached").status()
    }

    /// Any request, begun by [`request`].
    pub async fn send(&self, request: Builder, body: impl Into<Body>) -> Answer {
        let answer = self.attempt(request, body).await;
        answer.expect("the service can be reached and its body ends")
    }

    /// The same, to a service that may be gone before it has answered.
    pub async fn attempt(
        &self,
        request: Builder,
        body: impl Into<Body>,
    ) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let (head, body) = self.exchange(request, body.into()).await?.into_parts();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: axum::body::to_bytes(body, MAX_ANSWER).await?,
        })
    }

    /// The body of an answer that comes bit by bit.
    pub async fn stream(&self, path: &str) -> Body {
        let answer = self.exchange(request(Method::GET, path), Body::empty());
        answer
            .await
            .expect("the service can be reached")
            .into_body()
    }

    async fn exchange(
        &self,
        request: Builder,
        body: Body,
    ) -> Result<Response<Body>, UpstreamError> {
        let request = match &self.minted {
            Some((minter, caller)) => request.header(CALLER_HEADER, minter.mint(caller.clone())),
            None => request,
        };
        let request = request.body(body).expect("a test's request is one");
        self.upstream.send(request).await
    }
}

/// Begins a request, for headers that [`Client::get`] and the others do not send.
pub fn request(method: Method, path: &str) -> Builder {
    Request::builder().method(method).uri(path)
}

impl Answer {
    /// The body as JSON; panics on another status.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        self.read(status)
    }

    /// The body as a `T`; panics on another status.
    #[track_caller]
    pub fn read<T: DeserializeOwned>(&self, status: u16) -> T {
        assert_eq!(self.status, status, "{}", self.text());
        // An answer without a body is JSON's null.
        let body = match &self.body[..] {
            b"" => b"null",
            body => body,
        };
        serde_json::from_slice(body).unwrap_or_else(|fault| panic!("{fault}: {}", self.text()))
    }

    /// The problem document; panics unless it is a complete one with this status and slug.
    #[track_caller]
    pub fn refused(&self, status: u16, slug: &str) -> ProblemBody {
        let problem: ProblemBody = self.read(status);
        assert_eq!(problem.kind, format!("/problems/{slug}"), "{}", self.text());
        assert_eq!(problem.status, status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert!(problem.instance.is_some(), "no request id: {}", self.text());
        problem
    }

    /// The pointers of a 422 `invalid-body`, in the order named.
    #[track_caller]
    pub fn faults(&self) -> Vec<String> {
        let errors = self.refused(422, "invalid-body").errors;
        errors.into_iter().map(|error| error.pointer).collect()
    }

    /// A header's text; empty without it.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str());
        value.and_then(Result::ok).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
