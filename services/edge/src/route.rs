//! Third moment. Picks the operation by path and method; answers 404 and 405 itself, and 413 for
//! a body whose announced length is over the operation's limit.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, header};
use kit::http::Problem;

use crate::{
    Gateway,
    document::Operation,
    error::{body_too_large, method_not_allowed},
};

pub(crate) async fn route(
    State(gateway): State<Arc<Gateway>>,
    mut request: Request,
    next: Next,
) -> Response {
    let methods = gateway.table.at(request.uri().path());
    if methods.is_empty() {
        return Problem::not_found().into_response();
    }
    let Some((_, operation)) = methods
        .iter()
        .find(|(method, _)| method == request.method())
    else {
        return not_allowed(methods);
    };

    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > operation.body_limit as u64) {
        return with_operation(
            body_too_large(operation.body_limit).into_response(),
            operation,
        );
    }
    request.extensions_mut().insert(operation.clone());
    let response = next.run(request).await;
    with_operation(response, operation)
}

/// Leaves the operation with the answer, for the record.
fn with_operation(mut response: Response, operation: &Arc<Operation>) -> Response {
    response.extensions_mut().insert(operation.clone());
    response
}

fn not_allowed(methods: &[(Method, Arc<Operation>)]) -> Response {
    let allow: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
    let mut response = method_not_allowed().into_response();
    let allow = HeaderValue::try_from(allow.join(", ")).expect("methods are visible ASCII");
    response.headers_mut().insert(header::ALLOW, allow);
    response
}

/// The operation that [`route`] picked.
pub(crate) fn operation(request: &Request) -> Arc<Operation> {
    request
        .extensions()
        .get::<Arc<Operation>>()
        .cloned()
        .expect("`route` stands outside")
}
