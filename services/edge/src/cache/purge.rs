//! Forgets kept answers when an operation has changed what they are made of (`x-edge.purge`), before
//! whoever did it is answered: they read their own change (RFC 9111 §4.4). Others that keep answers hear of
//! it from the service.

use axum::{extract::Request, response::Response};

use super::{Store, tags::Tagged};
use crate::{
    middleware::{Before, Middleware},
    operation::Operation,
};

/// The layer, of an operation that changes something.
#[derive(Clone)]
pub(crate) struct Purge(Tagged);

impl Purge {
    /// None where the document names no tags.
    pub(crate) fn new(store: &Store, operation: &Operation) -> Option<Self> {
        let tags = &operation.purge;
        (!tags.is_empty()).then(|| Self(store.tags.of(tags)))
    }
}

impl Middleware for Purge {
    type Kept = Tagged;

    fn before(&self, request: Request) -> Before<Tagged> {
        Before::Pass(request, self.0.clone())
    }

    fn after(tags: Tagged, answer: Response) -> Response {
        // Of a failure nobody knows how far it came.
        if !answer.status().is_client_error() {
            tags.forget();
        }
        answer
    }
}
