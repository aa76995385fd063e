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
        let parts = text
            .strip_prefix("lambda:")
            .and_then(|it| it.split_once('/'));
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
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    };

    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use axum::{
        Json, Router,
        body::Bytes,
        extract::Path,
        middleware,
        response::{IntoResponse, Response},
        routing::{any, post},
    };
    use http::{Method, StatusCode};
    use kit::{
        identity::{Caller, Minter, Trust, require_trust},
        lambda::{FunctionConfig, Invocation, NEIGHBOURS},
        program::Service,
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::{Neighbour, NeighbourError, Upstream};

    const KEY: &str = "an-invoke-key-for-tests-alone-01";

    #[test]
    fn a_function_is_named_by_region_name_and_alias() {
        let address = |text: &str| {
            let address = text.parse::<FunctionAddress>();
            address.map(|it| (it.region, it.function))
        };

        let named = address("lambda:eu-west-1/terrace-orders:neighbours").unwrap();

        assert_eq!(
            named,
            ("eu-west-1".into(), "terrace-orders:neighbours".into())
        );
        for text in [
            "lambda:",
            "lambda:orders",
            "lambda:/orders",
            "lambda:eu-west-1/",
            "lambda:eu-west-1/a/b",
            "orders",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    /// A service that tells who called, and by when it has to have answered.
    fn service() -> Router {
        let tell = async |caller: Caller, request: axum::extract::Request| {
            let (head, _) = request.into_parts();
            let left = Deadline::of(&head).unwrap().left();
            Json(
                json!({ "by": caller.issuer, "target": head.uri.to_string(), "in_time": left <= Duration::from_secs(2) }),
            )
        };
        let trust = Trust::new("orders", &[KEY.into()]).unwrap();
        Router::new()
            .route("/internal/orders", any(tell))
            .layer(middleware::from_fn_with_state(trust, require_trust))
    }

    /// A neighbour behind what stands for Lambda, which answers so.
    async fn neighbour<F>(
        answer: impl Fn(String, Value) -> F + Clone + Send + Sync + 'static,
    ) -> Neighbour
    where
        F: Future<Output = Response> + Send,
    {
        // The SDK does not say that it is JSON.
        let invoke = move |Path(name): Path<String>, event: Bytes| {
            answer(name, serde_json::from_slice(&event).unwrap())
        };
        let lambda = Router::new().route("/2015-03-31/functions/{name}/invocations", post(invoke));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, lambda).await });
        let place = Place {
            region: "eu-west-1",
            endpoint: Some(&endpoint),
        };
        let credentials = SharedCredentialsProvider::new(Credentials::for_tests());
        let configuration = place.configuration(PATIENCE).await.into_builder();
        let configuration = configuration.credentials_provider(credentials).build();
        let address = "lambda:eu-west-1/orders:neighbours".parse().unwrap();
        let function = Function::new(address);
        let _ = function.0.functions.set(Functions::new(&configuration));
        let minter = Minter::new("orders", &KEY.into()).unwrap();
        let timeout = Duration::from_secs(2);
        Neighbour::new(Upstream::Function(function), minter, "users", timeout)
    }

    async fn call(neighbour: &Neighbour, method: Method) -> Result<Value, NeighbourError> {
        let path = "/internal/orders?of=rose%20g";
        neighbour.call(method, path, &json!({})).await
    }

    #[tokio::test]
    async fn a_call_is_an_event_that_the_function_reads_as_the_same_call() {
        let service = Service::<_, ()>::new(service());
        let function = kit::lambda::Function::new("orders", service, FunctionConfig::default());
        let function = Arc::new(function);
        let neighbour = neighbour(move |name, event| {
            let function = function.clone();
            async move {
                let invocation = Invocation {
                    deadline: Deadline::within(PATIENCE),
                    arn: format!("arn:aws:lambda:eu-west-1:1:function:orders:{NEIGHBOURS}"),
                    id: name,
                };
                let answer = function.handle(event, &invocation).await.unwrap();
                Json(answer).into_response()
            }
        })
        .await;

        let told = call(&neighbour, Method::GET).await.unwrap();

        let same =
            json!({ "by": "users", "target": "/internal/orders?of=rose%20g", "in_time": true });
        assert_eq!(told, same);
    }

    #[tokio::test]
    async fn a_function_that_does_not_answer_well_is_unavailable() {
        let failed = || {
            let header = [("x-amz-function-error", "Unhandled")];
            (header, Json(json!({ "errorMessage": "it panicked" }))).into_response()
        };
        let answers: [fn() -> Response; 4] = [
            || (StatusCode::TOO_MANY_REQUESTS, Json(json!({}))).into_response(),
            || Json(json!({ "hello": "world" })).into_response(),
            || {
                Json(json!({ "statusCode": 200, "multiValueHeaders": {}, "body": "%", "isBase64Encoded": true })).into_response()
            },
            || StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        ];
        for answer in answers.into_iter().chain([failed as fn() -> Response]) {
            let neighbour = neighbour(move |_, _| async move { answer() }).await;

            let refusal = call(&neighbour, Method::PUT).await.unwrap_err();

            assert!(
                matches!(refusal, NeighbourError::Unavailable(_)),
                "{refusal}"
            );
        }
    }

    #[tokio::test]
    async fn what_may_not_be_carried_out_twice_is_asked_once() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        let neighbour = neighbour(move |_, _| {
            counted.fetch_add(1, SeqCst);
            async { StatusCode::INTERNAL_SERVER_ERROR.into_response() }
        })
        .await;

        call(&neighbour, Method::POST).await.unwrap_err();
        assert_eq!(asked.swap(0, SeqCst), 1);
        call(&neighbour, Method::PUT).await.unwrap_err();
        assert_eq!(asked.load(SeqCst), 2);
    }

    #[tokio::test]
    async fn a_function_that_hangs_is_not_waited_for() {
        let neighbour = neighbour(|_, _| std::future::pending()).await;
        let started = std::time::Instant::now();

        call(&neighbour, Method::PUT).await.unwrap_err();

        assert!(started.elapsed() < Duration::from_secs(4));
    }
}
