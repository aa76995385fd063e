//! Reads `Origin`; answers 403 `foreign-origin` to pages that are neither the site's nor the API's own.
//! Stands before the operations that read cookies: a browser may send those along from another port
//! of the same host, and from a sibling subdomain (`SameSite` knows neither), without asking first.
//! Who sends no `Origin` is no page. Stands inside of `sanitise`, which says where the API is.

use std::sync::Arc;

use axum::extract::Request;
use http::{HeaderMap, HeaderValue, header};

use crate::{
    error::foreign_origin,
    middleware::{Before, Middleware},
    sanitise::{X_FORWARDED_HOST, X_FORWARDED_PROTO},
};

/// The origins of the settings.
#[derive(Clone)]
pub(crate) struct OwnOrigin(pub(crate) Arc<[HeaderValue]>);

impl Middleware for OwnOrigin {
    type Kept = ();

    fn before(&self, request: Request) -> Before<()> {
        let headers = request.headers();
        let mut origins = headers.get_all(header::ORIGIN).iter();
        match origins.all(|origin| self.0.contains(origin) || is_the_apis(origin, headers)) {
            true => Before::Pass(request, ()),
            false => Before::Refuse(foreign_origin()),
        }
    }
}

/// The reference is a page of the API's own.
fn is_the_apis(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(scheme), Some(host)) = (text(X_FORWARDED_PROTO), text(X_FORWARDED_HOST)) else {
        return false;
    };
    let own = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    own.is_some_and(|(own, at)| own == scheme && at.eq_ignore_ascii_case(host))
}
