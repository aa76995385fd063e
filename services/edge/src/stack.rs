//! The whole edge on one page: what every request passes, and what an operation adds to that.
//! Outermost first.

use std::{any::Any, convert::Infallible, sync::Arc};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use futures::future::ready;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use kit::http::Problem;
use policy::Roles;
use tower::{Service, ServiceBuilder, layer::layer_fn, service_fn, util::option_layer};
use tower_http::{
    catch_panic::CatchPanicLayer, map_response_body::MapResponseBodyLayer,
    set_header::SetResponseHeaderLayer,
};

use crate::{
    base_path::BasePath,
    body_limit::BodyLimit,
    cache::{Cache, purge::Purge},
    compress::Compress,
    conditional::Conditional,
    cors,
    forward::{Answering, Forward},
    gateway::Shared,
    head::Head,
    identify::Identify,
    middleware::Stage,
    operation::Operation,
    permit::Permit,
    route::{Built, Routes},
    sanitise::Sanitise,
    shed::Shed,
    signed_body::SignedBody,
    stream::Until,
    throttle::Throttle,
    validate::Validate,
    whole::Whole,
};

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NOTHING_ACTIVE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const CROSS_ORIGIN: HeaderValue = HeaderValue::from_static("cross-origin");

/// What every request passes.
pub(crate) fn stack(
    shared: &Shared,
    routes: Routes,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ use<> {
    ServiceBuilder::new()
        // Outside of everything: refused, shed and timed-out requests are recorded as well.
        .layer(Stage(shared.record.clone()))
        // Outside of every refusal: a problem document is protected as an answer is.
        .layer(SetResponseHeaderLayer::overriding(
            header::X_CONTENT_TYPE_OPTIONS,
            NOSNIFF,
        ))
        .layer(SetResponseHeaderLayer::overriding(
            header::REFERRER_POLICY,
            NO_REFERRER,
        ))
        // A service may say how long its answer keeps.
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            NO_STORE,
        ))
        // The reference's page has a policy of its own.
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            NOTHING_ACTIVE,
        ))
        // Pictures are shown by the site, which is another origin.
        .layer(SetResponseHeaderLayer::if_not_present(
            RESOURCE_POLICY,
            CROSS_ORIGIN,
        ))
        // Outside of every refusal, so that a browser may read them; answers preflights.
        .layer(cors::layer(&shared.origins))
        // A defect that one request finds is no reason to hang up on its client.
        .layer(MapResponseBodyLayer::new(Body::new))
        .layer(CatchPanicLayer::custom(panicked))
        // Before all that trusts paths and headers: refuses ambiguous requests, drops what a client
        // may not say.
        .layer(Stage(Sanitise {
            proxies: shared.proxies,
        }))
        // Before the route: a bad token or signature is refused on every path alike.
        .layer(Stage(Identify {
            issuers: shared.issuers.clone(),
            signatures: shared.signatures.clone(),
            throttle: shared.throttle.clone(),
        }))
        // On to the stack of one operation.
        .service(routes)
}

/// What the gates of all operations share.
pub(crate) struct Gates<'a> {
    pub(crate) shared: &'a Shared,
    /// With the plans.
    pub(crate) throttle: Option<&'a Throttle>,
    /// Who may call what.
    pub(crate) roles: &'a Arc<Roles>,
}

/// What an operation adds: the layers that its document asks for, and no others.
pub(crate) fn of_operation(
    method: &Method,
    operation: &Arc<Operation>,
    gates: &Gates<'_>,
) -> Built {
    let &Gates {
        shared,
        throttle,
        roles,
    } = gates;
    let for_the_record = operation.clone();
    let throttle = throttle.map(|general| general.of(operation));
    let kept = shared.kept.as_ref();
    let cache = kept.and_then(|kept| Cache::new(kept, operation, roles, &shared.clock));
    let purge = kept.and_then(|kept| Purge::new(kept, operation));
    let once = shared.once.clone().filter(|_| !method.is_safe());
    let stack = ServiceBuilder::new()
        // However it goes: the record says which operation it was.
        .map_response(move |mut answer: Response| {
            answer.extensions_mut().insert(for_the_record.clone());
            answer
        })
        // Outside of every refusal: who is refused learns as well that the operation will end.
        .layer(option_layer(operation.deprecation.clone().map(Stage)))
        // Outside of all that looks at the method: what answers a GET answers a HEAD.
        .layer(Stage(Head))
        // Before every refusal, so that guessing is limited too.
        .layer(option_layer(throttle.map(Stage)))
        // Before the body is read: refuses one that is too large.
        .layer(Stage(BodyLimit(operation.body_limit)))
        // Before what has to know who calls: some signatures are proven by the body alone.
        .layer(option_layer(
            shared
                .once
                .is_some()
                .then(|| Stage(SignedBody::new(operation))),
        ))
        // Last of the gates: may this caller call this operation?
        .layer(option_layer(
            Permit::new(operation, roles, &shared.ended, &shared.clock).map(Stage),
        ))
        // Where a cookie says who calls: is it a page of ours that brings it?
        .layer(option_layer(
            operation.cookies.then(|| Stage(shared.own_origin.clone())),
        ))
        // Before a permit is taken: a body that comes slowly keeps nobody else out.
        .layer(option_layer(Whole::new(operation).map(Stage)))
        // Before a permit is taken: what the document does not describe the service need not see.
        .layer(option_layer(Validate::new(operation).map(Stage)))
        // Inside of the gates: what is kept is for those who may call. Outside of the permits, because it is
        // no load.
        .layer(option_layer(cache))
        // Whoever changes something reads their change.
        .layer(option_layer(purge.map(Stage)))
        // Inside of the gates, whose refusals use nothing up: what changes something is signed anew each time.
        .layer(option_layer(once.map(Stage)))
        // Last before the work: sheds overload, by client, in all and by service.
        .layer(Stage(Shed::new(&shared.permits, operation)))
        // Inside of the gates, whose refusals are short.
        .layer(option_layer(operation.compress.then_some(Compress)))
        // Inside of what changes the bytes: a tag names those of the service.
        .layer(option_layer(
            (*method == Method::GET && !operation.stream).then_some(Conditional),
        ))
        // Only streams outlive the stop.
        .layer(option_layer(
            operation.stream.then(|| Stage(Until(shared.stop.clone()))),
        ))
        // Inside of all that knows an answer by its path: the service knows its own paths alone.
        .layer(option_layer(BasePath::new(operation).map(Stage)))
        // Next to the service: what it is told, and which of its answers are believed.
        .layer(Stage(Forward::new(operation)))
        // A service that gives no answer is one to tell of.
        .layer(layer_fn(Answering))
        // In this process, or over HTTP: balances, repeats, gives up in time.
        .service(operation.target.upstream.clone());
    Built::new(stack)
}

/// What a request passes for which there is no operation.
pub(crate) fn of_refusal(refusal: Problem, throttle: Option<&Throttle>) -> Built {
    always(move || refusal.clone().into_response(), throttle)
}

/// What a request passes that asks which methods a path has (RFC 9110 §9.3.7).
pub(crate) fn of_options(allowed: HeaderValue, throttle: Option<&Throttle>) -> Built {
    let allowed = [(header::ALLOW, allowed)];
    let answer = move || (StatusCode::NO_CONTENT, allowed.clone()).into_response();
    always(answer, throttle)
}

fn always(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
    throttle: Option<&Throttle>,
) -> Built {
    let stack = ServiceBuilder::new()
        // Guessing paths costs as much as calling them.
        .layer(option_layer(throttle.cloned().map(Stage)))
        .service(service_fn(move |_: Request| ready(Ok(answer()))));
    Built::new(stack)
}

/// The answer in place of one that a defect prevented.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    let cause = format!("panicked: {}", text.unwrap_or_default());
    Problem::internal().because(cause).into_response()
}
