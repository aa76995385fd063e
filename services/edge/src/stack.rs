//! The whole edge on one page: a request's moments, outermost first.

use std::{convert::Infallible, sync::Arc};

use axum::{extract::Request, middleware::from_fn_with_state, response::Response};
use tower::{Service, ServiceBuilder, service_fn};

use crate::{
    Gateway, admit::admit, answer::answer, cors, forward::forward, identify::identify,
    permit::permit, record::record, route::route, throttle::throttle,
};

/// Every layer a request passes, in order.
pub fn stack(
    gateway: Arc<Gateway>,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync
{
    let last = gateway.clone();
    ServiceBuilder::new()
        // Outside of everything: refused, shed and timed-out requests are recorded as well.
        .layer(from_fn_with_state(gateway.clone(), record))
        // Outside of every refusal: problem documents carry the same headers as answers.
        .layer(from_fn_with_state(gateway.clone(), answer))
        // Outside of every refusal, so that a browser may read them; answers preflights itself.
        .layer(cors::layer(&gateway.config))
        // Before any work: sheds overload, refuses ambiguous requests, drops what a client may
        // not say.
        .layer(from_fn_with_state(gateway.clone(), admit))
        // Before the route: a bad token is refused on every path alike.
        .layer(from_fn_with_state(gateway.clone(), identify))
        // Picks the operation, which all the rest reads.
        .layer(from_fn_with_state(gateway.clone(), route))
        // Needs client and operation; before `permit`, so that guessing is limited too.
        .layer(from_fn_with_state(gateway.clone(), throttle))
        // The last gate: may this caller call this operation?
        .layer(from_fn_with_state(gateway, permit))
        // Innermost: mints the caller token, calls the service, retries, times out.
        .service(service_fn(move |request| forward(last.clone(), request)))
}
