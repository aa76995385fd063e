//! A service that is a function of AWS Lambda: its requests are invocations, in the form that API Gateway has for them
//! but for the context, which nobody but API Gateway writes.

use std::{error::Error, fmt, str::FromStr, sync::Arc, time::Duration};

use aws::{Functions, Place};
use axum::body::Body;
use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use kit::{
    deadline::{DEADLINE_HEADER, Deadline},
    lambda::{ProxyAnswer, ProxyRequest},
};
use tokio::sync::OnceCell;

use crate::{Repeatable, UpstreamError, body::InMemory, within};

/// The largest body that is sent to one, in bytes: an event has 6 MB, and base64 takes a third more.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// How long one invocation may take where no deadline says it.
const PATIENCE: Duration = Duration::from_secs(29);

/// Where it is, as a setting says it: `lambda:<region>/<function>`, with `:<alias>` where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionAddress {
    region: String,
    function: String,
}

/// A setting that names no function.
#[derive(Debug, thiserror::Error)]
#[error("{0:?}: expected lambda:<region>/<function> or lambda:<region>/<function>:<alias>")]
pub struct BadFunction(String);

impl FromStr for FunctionAddress {
    type Err = BadFunction;

    fn from_str(text: &str) -> Result<Self, BadFunction> {
        let parts = text.strip_prefix("lambda:").and_then(|it| it.split_once('/'));
        let is_name = |part: &str| {
            let allowed = |it: char| it.is_ascii_alphanumeric() || "-_:".contains(it);
            !part.is_empty() && part.chars().all(allowed)
        };
        let parts = parts.filter(|(region, function)| is_name(region) && is_name(function));
        let (region, function) = parts.ok_or_else(|| BadFunction(text.to_owned()))?;
        Ok(Self {
            region: region.to_owned(),
            function: function.to_owned(),
        })
    }
}

/// The function. Clones share connections.
#[derive(Clone)]
pub struct Function(Arc<Shared>);

struct Shared {
    address: FunctionAddress,
    functions: OnceCell<Functions>,
}

impl Function {
    pub(super) fn new(address: FunctionAddress) -> Self {
        let functions = OnceCell::new();
        Self(Arc::new(Shared { address, functions }))
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.0.address == other.0.address
    }

    /// As [`super::Upstream::send`].
    pub(super) async fn send(
        &self,
        request: Request<Body>,
    ) -> Result<Response<Body>, UpstreamError> {
        let deadline = request.extensions().get::<Deadline>().copied();
        let answer = within(deadline, self.invoke(request, deadline)).await;
        let answer = answer.map_err(UpstreamError::TimedOut)?;
        answer.map_err(UpstreamError::Unreachable)
    }

    async fn invoke(
        &self,
        request: Request<Body>,
        deadline: Option<Deadline>,
    ) -> Result<Response<Body>, Box<dyn Error + Send + Sync>> {
        let Shared { address, functions } = &*self.0;
        let (mut head, body) = request.into_parts();
        let may_repeat = head.extensions.get::<Repeatable>().is_some();
        let body = match head.extensions.remove() {
            Some(InMemory(body)) => body,
            None => Limited::new(body, MAX_BODY).collect().await?.to_bytes(),
        };
        if let Some(deadline) = deadline {
            head.headers.insert(DEADLINE_HEADER, deadline.header());
        }
        let event = serde_json::to_vec(&ProxyRequest::new(&head, &body))?;
        let functions = functions.get_or_init(async || {
            let endpoint = None;
            let region = &address.region;
            Functions::new(&Place { region, endpoint }.configuration(PATIENCE).await)
        });
        let answer = functions.await.invoke(&address.function, event, may_repeat);
        let answer: ProxyAnswer = serde_json::from_slice(&answer.await?)?;
        Ok(answer.into_response()?)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.address.function)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_by_region_name_and_alias() {
        let address = |text: &str| text.parse::<FunctionAddress>().map(|it| (it.region, it.function));

        let named = address("lambda:eu-west-1/terrace-orders:neighbours").unwrap();

        assert_eq!(named, ("eu-west-1".into(), "terrace-orders:neighbours".into()));
        for text in ["lambda:", "lambda:orders", "lambda:/orders", "lambda:eu-west-1/", "lambda:eu-west-1/a/b", "orders"] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
