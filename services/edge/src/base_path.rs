//! Takes the base path of its document (`servers`) away from a request's path: the service knows its own paths
//! alone. Must stand inside of all that knows an answer by its path.

use axum::extract::Request;
use http::Uri;
use kit::http::Problem;

use crate::{
    middleware::{Before, Middleware},
    operation::Operation,
};

/// How long the base path of an operation is.
#[derive(Clone, Copy)]
pub(crate) struct BasePath(usize);

impl BasePath {
    /// None for an operation that has the same path at its service.
    pub(crate) fn new(operation: &Operation) -> Option<Self> {
        (operation.base_path > 0).then_some(Self(operation.base_path))
    }

    fn without(self, uri: &Uri) -> Option<Uri> {
        let path = uri.path_and_query()?.as_str();
        let path = path.get(self.0..)?.parse().ok()?;
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).ok()
    }
}

impl Middleware for BasePath {
    type Kept = ();

    fn before(&self, mut request: Request) -> Before<()> {
        match self.without(request.uri()) {
            Some(uri) => *request.uri_mut() = uri,
            // The route has matched the base path before.
            None => return Before::Refuse(Problem::not_found()),
        }
        Before::Pass(request, ())
    }
}
