//! The shop as those outside reach it.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use client::Upstream;
use serde_json::{Value, json};

/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(30);

pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What the shop answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    body: Value,
}

impl Answer {
    /// The body of a success.
    pub(crate) fn ok(self) -> Result<Value, Fault> {
        match self.status.is_success() {
            true => Ok(self.body),
            false => Err(self.to_string().into()),
        }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.body)
    }
}

/// The shop's API, or its pages.
#[derive(Clone)]
pub(crate) struct Api(pub(crate) Upstream);

impl Api {
    /// A user's `Authorization`.
    pub(crate) async fn sign_in(&self, email: &Value, password: &Value) -> Result<String, Fault> {
        let body = json!({ "email": email, "password": password });
        let session = self.call(Method::POST, "/v1/sessions", &[], Some(&body));
        let token = text(&session.await?.ok()?, "access_token")?;
        Ok(format!("Bearer {token}"))
    }

    /// What a successful GET answers, for whoever has this `Authorization`, or for anybody.
    pub(crate) async fn ask(&self, path: &str, authorization: &str) -> Result<Value, Fault> {
        let headers = [("authorization", authorization)];
        let headers = if authorization.is_empty() {
            &[][..]
        } else {
            &headers
        };
        self.call(Method::GET, path, headers, None).await?.ok()
    }

    /// Calls an operation. Fails without an answer.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Fault> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(json.to_string())
            }
            None => Body::empty(),
        };
        let (status, body) = self.send(request.body(body)?).await?;
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Answer { status, body })
    }

    /// Sends a request, and reads what is answered to its end. Fails without an answer.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<(StatusCode, Bytes), Fault> {
        let exchange = async {
            let (head, body) = self.0.send(request).await?.into_parts();
            Ok((head.status, to_bytes(body, usize::MAX).await?))
        };
        tokio::time::timeout(ANSWER, exchange).await?
    }
}

/// A member of an answer.
pub(crate) fn text(value: &Value, member: &str) -> Result<String, Fault> {
    let text = value[member].as_str();
    Ok(text
        .ok_or_else(|| format!("no {member}: {value}"))?
        .to_owned())
}
