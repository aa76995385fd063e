//! Third moment. Picks the operation by path and method; answers 404 and 405 itself, and 413 for
//! a body whose announced length is over the operation's limit.

use std::sync::Arc;

use axum::extract::Request;
use http::header;
use kit::http::Problem;

use crate::{
    Gateway,
    document::Operation,
    error::{body_too_large, method_not_allowed},
};

/// The operation that the request asks for.
pub(crate) fn route<'a>(
    gateway: &'a Gateway,
    request: &Request,
) -> Result<&'a Arc<Operation>, Problem> {
    let methods = gateway.table.at(request.uri().path());
    if methods.is_empty() {
        return Err(Problem::not_found());
    }
    let mut found = methods.iter();
    let found = found.find(|(method, _)| method == request.method());
    found.map(|(_, operation)| operation).ok_or_else(|| {
        let allowed: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
        method_not_allowed(&allowed)
    })
}

/// Refuses a body that is announced as too large for the operation.
pub(crate) fn fits(operation: &Operation, request: &Request) -> Result<(), Problem> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match announced.is_some_and(|length| length > operation.body_limit as u64) {
        true => Err(body_too_large(operation.body_limit)),
        false => Ok(()),
    }
}
