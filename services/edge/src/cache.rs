//! Keeps answers where a document asks for it (`x-edge.cache`; RFC 9111): reads who calls, path, query
//! and the declared headers; answers what it has itself, with `Age`, and 304 to who has that already. What
//! it has not it fetches once for all who ask meanwhile, in a task of its own, so that a client that
//! hangs up takes nothing from the others.
//!
//! Stands inside of the gates, because it asks nobody whether the caller may; outside of `shed`, because
//! what is kept is no load; outside of `compress` and `conditional`, so that answers are compressed and
//! tagged once. `key` says what an answer depends on, `kept` which answers are kept, `tags` how they
//! are forgotten, `flights` how many ask once.

mod flights;
mod found;
mod kept;
mod key;
pub(crate) mod purge;
pub(crate) mod rules;
mod store;
pub(crate) mod tags;

use std::{
    convert::Infallible,
    future::poll_fn,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use futures::{
    FutureExt,
    future::{BoxFuture, Either, Ready, ready},
};
use http::{HeaderMap, StatusCode, header};
use kit::{clock::Clock, http::Problem, telemetry::SERVER_TIMING, trace};
use metrics::Counter;
use policy::Roles;
use tokio::{sync::oneshot, time::timeout};
use tower::{Layer, Service};

pub(crate) use self::store::Store;
use self::{
    flights::{Departure, Landed, Landing},
    found::Found,
    kept::{Kept, Lifetime, Read, State},
    rules::Rules,
    tags::Tagged,
};
use crate::{
    authorise::Authoriser, conditional, error::bad_gateway, meters, middleware::DecidedBy,
    operation::Operation, policies::INVALIDATE_CACHE, stack::panicked,
};

/// The layer, of one operation.
#[derive(Clone)]
pub(crate) struct Cache(Arc<Parts>);

struct Parts {
    store: Arc<Store>,
    operation: Arc<Operation>,
    tags: Tagged,
    found: [Counter; Found::ALL.len()],
    /// Who may have an answer fetched anew.
    invalidate: Authoriser,
}

impl Cache {
    /// None where the document does not ask for it.
    pub(crate) fn new(
        store: &Arc<Store>,
        operation: &Arc<Operation>,
        roles: &Arc<Roles>,
        clock: &Clock,
    ) -> Option<Self> {
        let rules = operation.cache.as_ref()?;
        Some(Self(Arc::new(Parts {
            store: store.clone(),
            operation: operation.clone(),
            tags: store.tags.of(&rules.tags),
            found: Found::ALL.map(|found| meters::found(&operation.id, found.name())),
            invalidate: Authoriser::new(INVALIDATE_CACHE, operation, roles, clock),
        })))
    }
}

impl<S> Layer<S> for Cache {
    type Service = Cached<S>;

    fn layer(&self, rest: S) -> Cached<S> {
        let cache = self.0.clone();
        Cached { cache, rest }
    }
}

/// The rest of a stack behind kept answers.
#[derive(Clone)]
pub(crate) struct Cached<S> {
    cache: Arc<Parts>,
    rest: S,
}

type Answer = Result<Response, Infallible>;

impl<S> Service<Request> for Cached<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Answer>, BoxFuture<'static, Answer>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.rest.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let cache = self.cache.clone();
        let key = key::key(&cache.operation, cache.rules(), &request);
        let (Some(key), Some(generation)) = (key, cache.tags.generation()) else {
            let answer = self.rest.call(request);
            return Either::Right(Box::pin(async move {
                Ok(cache.say(answer.await?, Found::Passed))
            }));
        };
        let anew = wants_anew(request.headers()) && cache.may_invalidate(&request);
        let kept = cache.store.find(&key, generation);
        let board = |anew| cache.store.flights.board(&key, generation, anew);
        match kept.as_ref().map(|kept| (kept, kept.state())) {
            Some((kept, State::Fresh)) if !anew => {
                let answer = cache.say(kept.answer(request.headers()), Found::Hit);
                return Either::Left(ready(Ok(answer)));
            }
            Some((kept, State::WhileRevalidating)) if !anew => {
                if let Err(departure) = board(false) {
                    drop(self.depart(departure, generation, &request));
                }
                let answer = cache.say(kept.answer(request.headers()), Found::Stale);
                return Either::Left(ready(Ok(answer)));
            }
            _ => {}
        }
        let flight = match board(anew) {
            Ok(landing) => Flight::Others(landing),
            Err(departure) => Flight::Own {
                answer: self.depart(departure, generation, &request),
                found: if anew { Found::Refreshed } else { Found::Miss },
            },
        };
        let last_resort = kept.filter(|kept| kept.hides_failures());
        let waiting = wait(cache, self.rest.clone(), request, flight, last_resort);
        Either::Right(Box::pin(waiting.map(Ok)))
    }
}

/// The fetch that a request waits for.
enum Flight {
    /// It was begun for this request.
    Own {
        answer: oneshot::Receiver<Response>,
        found: Found,
    },
    /// It was under way.
    Others(Landing),
}

/// The answer once it is fetched, or `last_resort` when that failed.
async fn wait<S>(
    cache: Arc<Parts>,
    rest: S,
    request: Request,
    flight: Flight,
    last_resort: Option<Arc<Kept>>,
) -> Response
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let has = request.headers();
    let (answer, found) = match flight {
        Flight::Own { answer, found } => (answer.await.unwrap_or_else(|_| interrupted()), found),
        Flight::Others(landing) => match landing.await {
            Ok(Landed::Kept(kept)) => (kept.answer(has), Found::Hit),
            Ok(Landed::Failed(problem)) => (problem.into_response(), Found::Miss),
            Ok(Landed::Alone) => return cache.say(call(rest, request).await, Found::Passed),
            Err(_) => (interrupted(), Found::Miss),
        },
    };
    if let Some(kept) = last_resort.filter(|_| answer.status().is_server_error()) {
        return cache.say(kept.answer(has), Found::Stale);
    }
    let tags = has.get_all(header::IF_NONE_MATCH);
    let is_known = answer.status().is_success() && conditional::is_known(answer.headers(), tags);
    let answer = match is_known {
        true => conditional::not_modified(answer),
        false => answer,
    };
    cache.say(answer, found)
}

/// Calls the rest of the stack once it is ready.
async fn call<S>(mut rest: S, request: Request) -> Response
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let Ok(()) = poll_fn(|context| rest.poll_ready(context)).await;
    let Ok(answer) = rest.call(request).await;
    answer
}

impl<S> Cached<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + 'static,
{
    /// Fetches in a task of its own; the answer itself is for whoever began it.
    fn depart(
        &self,
        departure: Departure,
        generation: u64,
        request: &Request,
    ) -> oneshot::Receiver<Response> {
        let (cache, rest) = (self.cache.clone(), self.rest.clone());
        let request = key::fetch(&cache.operation, cache.rules(), request);
        let (tell, answer) = oneshot::channel();
        let fetch = async move {
            let fetched = async { cache.take(call(rest, request).await, generation).await };
            // A panic must not leave the others waiting.
            let fetched = AssertUnwindSafe(fetched).catch_unwind().await;
            let (answer, landed) = fetched.unwrap_or_else(|panic| failed(panicked(panic)));
            cache.store.land(departure, landed);
            // Whoever began it may have gone away.
            let _ = tell.send(answer);
        };
        tokio::spawn(trace::within(trace::current(), fetch));
        answer
    }
}

impl Parts {
    /// Whether this caller may have the answer fetched anew, which costs the service what a kept one spares.
    fn may_invalidate(&self, request: &Request) -> bool {
        let decision = self.invalidate.decide(request);
        decision.is_ok_and(|decision| decision.is_allowed())
    }

    fn rules(&self) -> &Rules {
        let rules = self.operation.cache.as_ref();
        rules.expect("the layer stands where there are rules")
    }

    /// What was fetched, and what it is to others who wait for it.
    async fn take(&self, answer: Response, generation: u64) -> (Response, Landed) {
        if answer.status().is_server_error() {
            return failed(answer);
        }
        let lifetime = Lifetime::of(answer.status(), answer.headers(), self.rules());
        let Some(lifetime) = lifetime else {
            return (answer, Landed::Alone);
        };
        match timeout(self.operation.timeout, kept::read(answer)).await {
            Ok(Ok(Read::Whole(head, body))) => {
                let kept = Kept::new(&head.headers, &body, lifetime, generation);
                let answer = Response::from_parts(head, Body::from(body));
                (answer, Landed::Kept(Arc::new(kept)))
            }
            Ok(Ok(Read::Large(large))) => (large, Landed::Alone),
            Ok(Err(fault)) => failed(bad_gateway().because(fault).into_response()),
            Err(_) => failed(Problem::timeout().into_response()),
        }
    }

    /// Says how the answer was found.
    fn say(&self, mut answer: Response, found: Found) -> Response {
        if matches!(found, Found::Hit | Found::Stale) {
            answer.extensions_mut().insert(DecidedBy::layer::<Self>());
        }
        self.found[found as usize].increment(1);
        answer.headers_mut().append(SERVER_TIMING, found.timing());
        answer
    }
}

/// A failure, and what it is to others. Its own words name one request, and its cause is logged once.
fn failed(answer: Response) -> (Response, Landed) {
    let problem = match answer.status() {
        StatusCode::GATEWAY_TIMEOUT => Problem::timeout(),
        _ => Problem::unavailable(),
    };
    (answer, Landed::Failed(problem))
}

/// The edge stops.
fn interrupted() -> Response {
    Problem::unavailable().into_response()
}

/// Whether a request asks for an answer that is not older than itself (RFC 9111 §5.2.1).
fn wants_anew(request: &HeaderMap) -> bool {
    request.contains_key(header::CACHE_CONTROL)
        && kept::directives(request).any(|(name, value)| {
            name.eq_ignore_ascii_case("no-cache")
                || (name.eq_ignore_ascii_case("max-age") && value == "0")
        })
}
