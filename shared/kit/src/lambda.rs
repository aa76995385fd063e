//! A service as a function of AWS Lambda: the same app, called by events instead of connections.
//!
//! One function takes requests of Amazon API Gateway (`gateway`: who calls is in the event), requests of
//! neighbours (`proxy`: the caller token goes on to say who calls), batches of a queue (`batch`: events, or what a bucket
//! tells) or a stream (`shard`) and orders to run a pass of the service's background work ([`crate::program::Pass`]).
//! Whatever the event, a function works only until it has answered: nothing runs between two of them.
//!
//! Not `lambda_http`: it panics at a body that is no base64, and of a header that comes twice it keeps one.

mod answer;
mod batch;
mod caller;
mod gateway;
mod metrics;
mod proxy;
mod settings;
mod shard;

use std::{
    convert::Infallible,
    io::Write,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::HeaderValue;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use self::{
    batch::{Batch, Takers},
    metrics::Metrics,
    shard::Shard,
};
pub use self::{
    proxy::{ProxyAnswer, ProxyRequest, Unreadable},
    settings::FunctionConfig,
};
use crate::{
    config,
    deadline::Deadline,
    events::Fault,
    http::{Problem, kinds},
    program::{Pass, Records, Service},
    serve::App,
    telemetry::{self, REQUEST_ID},
};

/// What each variable of [`FunctionConfig`] begins with.
const PREFIX: &str = "FUNCTION__";

/// How long before its end a function answers that it took too long, so that somebody hears it.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// How long passes may follow an event.
const FOLLOW: Duration = Duration::from_secs(1);

/// The alias by which neighbours invoke a function. Who may do that may write any event, and so claim to be
/// API Gateway; by this alias nobody is believed to be.
pub const NEIGHBOURS: &str = "neighbours";

/// What Lambda says of one invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// When the function is ended.
    pub deadline: Deadline,
    /// The ARN by which it was invoked, with the alias if it was one.
    pub arn: String,
    /// Lambda's id of the invocation.
    pub id: String,
}

/// A service as a function.
pub struct Function<A> {
    name: &'static str,
    app: A,
    settings: FunctionConfig,
    metrics: Metrics,
    passes: Vec<Pass>,
    takers: Takers,
    records: Option<Arc<dyn Records>>,
}

impl<A: App> Function<A> {
    /// The service of this name.
    pub fn new<T>(name: &'static str, service: Service<A, T>, settings: FunctionConfig) -> Self {
        Self {
            name,
            app: service.app,
            metrics: Metrics::new(&settings),
            settings,
            passes: service.passes,
            takers: Takers {
                consumers: service.consumers,
                notified: service.notified,
            },
            records: service.records,
        }
    }

    /// The same with the settings of the environment.
    pub(crate) fn load<T>(
        name: &'static str,
        service: Service<A, T>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let settings = config::load::<FunctionConfig>(PREFIX, None)?;
        settings.check()?;
        Ok(Self::new(name, service, settings))
    }

    /// Answers one event.
    pub async fn handle(&self, event: Value, invocation: &Invocation) -> Result<Value, Fault> {
        if event.get("httpMethod").is_some() {
            let event = serde_json::from_value::<ProxyRequest>(event)?;
            let is_safe = event.is_safe();
            let answer = self.answer(event, invocation).await;
            if !is_safe {
                self.follow(invocation.deadline).await;
            }
            return Ok(serde_json::to_value(answer)?);
        }
        if invocation.is_of_neighbours() {
            return Err("neighbours send requests".into());
        }
        if let Some(batch) = Batch::of(&event) {
            let failures = batch?.take(&self.takers, invocation.deadline).await;
            self.follow(invocation.deadline).await;
            return Ok(serde_json::to_value(failures)?);
        }
        if let (Some(shard), Some(records)) = (Shard::of(&event), &self.records) {
            let failures = shard?.take(&**records, invocation.deadline).await;
            return Ok(serde_json::to_value(failures)?);
        }
        let is_schedule = event.get("source").is_some_and(|it| it == "aws.events");
        match event.get("run").and_then(Value::as_str) {
            Some(name) => self.run_passes(|pass| pass.name == name, invocation).await,
            None if is_schedule => self.run_passes(|_| true, invocation).await,
            None => Err("this function does not know events of this kind".into()),
        }
    }

    /// Runs passes one after the other, and says which; one that fails is no reason to leave out the others.
    async fn run_passes(
        &self,
        chosen: impl Fn(&Pass) -> bool,
        invocation: &Invocation,
    ) -> Result<Value, Fault> {
        let (mut done, mut failed) = (Vec::new(), Vec::new());
        let chosen: Vec<_> = self.passes.iter().filter(|pass| chosen(pass)).collect();
        for (at, pass) in chosen.iter().enumerate() {
            // One that hangs leaves the others their share.
            let shares = u32::try_from(chosen.len() - at).unwrap_or(u32::MAX);
            let end = Deadline::within(invocation.deadline.left() / shares);
            match self.run_pass(pass, end).await {
                Ok(()) => done.push(pass.name),
                Err(()) => failed.push(pass.name),
            }
        }
        match (done.is_empty(), failed.is_empty()) {
            (_, false) => Err(format!("failed: {}", failed.join(", ")).into()),
            (true, true) => {
                let known: Vec<_> = self.passes.iter().map(|pass| pass.name).collect();
                Err(format!("expected one of the passes {}", known.join(", ")).into())
            }
            (false, true) => Ok(json!({ "ran": done })),
        }
    }

    /// Runs the passes that follow an event. Whoever asked waits for it, but not for long: what is left is the
    /// schedule's.
    async fn follow(&self, end: Deadline) {
        let end = end.min(Deadline::within(FOLLOW));
        for pass in self.passes.iter().filter(|pass| pass.follows) {
            // Told already.
            let _ = self.run_pass(pass, end).await;
        }
    }

    async fn run_pass(&self, pass: &Pass, end: Deadline) -> Result<(), ()> {
        let done = tokio::time::timeout_at(end.instant(), (pass.run)()).await;
        let done = done.unwrap_or_else(|_| Err("its time was over".into()));
        done.map_err(|fault| tracing::warn!(%fault, pass = pass.name, "a pass did not end"))
    }

    async fn answer(&self, event: ProxyRequest, invocation: &Invocation) -> ProxyAnswer {
        let by_gateway = event.context.is_some();
        let origin = event.header("origin").map(str::to_owned);
        let id = match &event.context {
            Some(context) => context.request_id.clone(),
            None => event.header(REQUEST_ID.as_str()).map(str::to_owned),
        };
        let id = id.unwrap_or_else(|| invocation.id.clone());
        let request = match (by_gateway, invocation.is_of_neighbours()) {
            (true, true) => Err(kinds::UNTRUSTED_CALLER
                .problem()
                .detail("Neighbours bring a caller token.")),
            (true, false) => gateway::request(event, &self.settings),
            (false, _) => event.into_request().map_err(bad_request),
        };
        let mut answer = match request {
            Ok(request) => self.ask(request, &id, invocation.deadline).await,
            Err(refusal) => refusal.into_response(),
        };
        answer = telemetry::name_instance(answer, self.name, &id);
        if by_gateway {
            gateway::protect(&mut answer, &self.settings, origin.as_deref(), &id);
        }
        let whole = tokio::time::timeout_at(invocation.deadline.instant(), answer::whole(answer));
        let problem = match whole.await {
            Ok(Ok(answer)) => return answer,
            Ok(Err(cause)) => Problem::internal().because(cause),
            Err(_) => Problem::timeout().because("the answer's body did not end"),
        };
        let problem = telemetry::name_instance(problem.into_response(), self.name, &id);
        let problem = answer::whole(problem).await;
        problem.expect("a problem is small and in memory")
    }

    async fn ask(&self, mut request: Request, id: &str, end: Deadline) -> Response {
        if let Ok(id) = HeaderValue::try_from(id) {
            request.headers_mut().insert(REQUEST_ID, id);
        }
        let (mut head, body) = request.into_parts();
        let end = Deadline::of(&head).map_or(end, |own| own.min(end));
        head.extensions.insert(end);
        let request = Request::from_parts(head, body);
        let answer = self.app.clone().oneshot(request);
        match tokio::time::timeout_at(end.instant(), answer).await {
            Ok(answer) => answer.unwrap_or_else(|never: Infallible| match never {}),
            Err(_) => Problem::timeout()
                .because("the function's time was over")
                .into_response(),
        }
    }

    /// Writes what is new of the metrics into the log.
    fn tell_metrics(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let lines = self
            .metrics
            .news(telemetry::rendered, now.unwrap_or_default());
        let mut log = std::io::stdout().lock();
        for line in lines {
            // Nobody would hear that the log cannot be written.
            let _ = writeln!(log, "{line}");
        }
    }

    /// Takes events from Lambda until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) -> Result<(), Fault> {
        let function = Arc::new(self);
        let handle = service_fn(move |event: LambdaEvent<Value>| {
            let function = function.clone();
            async move {
                let (payload, context) = event.into_parts();
                let invocation = Invocation {
                    deadline: end(context.deadline()),
                    arn: context.invoked_function_arn,
                    id: context.request_id,
                };
                let answer = function.handle(payload, &invocation).await;
                function.tell_metrics();
                answer.map_err(|fault| {
                    tracing::error!(%fault, "an event was not taken");
                    Diagnostic {
                        error_type: "NotTaken".into(),
                        error_message: fault.to_string(),
                    }
                })
            }
        });
        let run = Runtime::new(handle).run();
        stop.run_until_cancelled(run).await.unwrap_or(Ok(()))
    }
}

impl Invocation {
    /// Whether it came by the alias of neighbours: `arn:aws:lambda:<region>:<account>:function:<name>:<alias>`.
    fn is_of_neighbours(&self) -> bool {
        self.arn.split(':').nth(7) == Some(NEIGHBOURS)
    }
}

/// A little before the function is ended.
fn end(at: SystemTime) -> Deadline {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let left = at.saturating_sub(now.unwrap_or_default());
    Deadline::within(left.saturating_sub(LAST_WORDS))
}

fn bad_request(why: Unreadable) -> Problem {
    kinds::BAD_REQUEST.problem().detail(why.to_string())
}
