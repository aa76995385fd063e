//! The whole edge on one page: a request's moments, outermost first.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::Request,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};
use kit::http::Problem;
use tower::{Service, ServiceBuilder, service_fn};

use crate::{
    Gateway,
    admit::{admit, place},
    answer::answer,
    cors,
    document::Operation,
    forward::{Call, forward},
    identify::{Who, identify},
    permit::permit,
    record::record,
    route::{fits, route},
    throttle::{throttle, throttle_address},
};

/// Every layer a request passes, in order.
pub fn stack(
    gateway: Arc<Gateway>,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync
{
    let cors = cors::layer(&gateway.origins);
    let inside = gateway.clone();
    ServiceBuilder::new()
        // Outside of everything: refused, shed and timed-out requests are recorded as well.
        .layer(from_fn_with_state(gateway, record))
        // Outside of every refusal: problem documents carry the same headers as answers.
        .map_response(answer)
        // Outside of every refusal, so that a browser may read them; answers preflights itself.
        .layer(cors)
        .service(service_fn(move |request| {
            let gateway = inside.clone();
            async move {
                let answer = pass(&gateway, request).await;
                Ok(answer.unwrap_or_else(Problem::into_response))
            }
        }))
}

/// The gates, each of which lets the request on or refuses it.
async fn pass(gateway: &Gateway, mut request: Request) -> Result<Response, Problem> {
    // Before any work: sheds overload.
    let _place = place(gateway)?;
    // Before all that trusts paths and headers: refuses ambiguous requests, drops what a client
    // may not say.
    let address = admit(gateway, &mut request)?;
    let found = match find(gateway, &mut request).await {
        Ok(found) => found,
        Err(refusal) => {
            // What is refused here costs as much as a call, so that guessing is limited too.
            throttle_address(gateway, address).await?;
            return Err(refusal);
        }
    };
    let (operation, who) = found;
    let call = Call {
        operation,
        identity: who.of(operation)?,
        address,
    };
    let answer = carry_out(gateway, &call, request).await;
    let mut response = answer.unwrap_or_else(Problem::into_response);
    // For the record, however it went.
    response.extensions_mut().insert(operation.clone());
    Ok(response)
}

/// What is called, and by whom.
async fn find<'a>(
    gateway: &'a Gateway,
    request: &mut Request,
) -> Result<(&'a Arc<Operation>, Who), Problem> {
    // Before the route: a bad token is refused on every path alike.
    let who = identify(gateway, request).await?;
    // Picks the operation, which all the rest needs.
    Ok((route(gateway, request)?, who))
}

/// The gates of an operation, and the operation itself.
async fn carry_out(
    gateway: &Gateway,
    call: &Call<'_>,
    request: Request,
) -> Result<Response, Problem> {
    // Before every refusal, so that guessing is limited too.
    throttle(gateway, call).await?;
    fits(call.operation, &request)?;
    // The last gate: may this caller call this operation?
    permit(call)?;
    // Mints the caller token, calls the service, retries, times out.
    Ok(forward(gateway, call, request).await)
}
