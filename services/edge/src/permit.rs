//! The last gate. Reads who calls and what; answers 401 and 403 itself. Services check again:
//! the edge is the first line, not the only one.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use kit::identity::{sign_in_required, staff_only};

use crate::{Gateway, document::Access, identify::Identity, route::operation};

pub(crate) async fn permit(
    State(_): State<Arc<Gateway>>,
    request: Request,
    next: Next,
) -> Response {
    let identity = request.extensions().get::<Identity>();
    match (&operation(&request).access, identity) {
        (Access::Public, _) | (Access::User, Some(_)) => next.run(request).await,
        (Access::User | Access::Groups(_), None) => {
            let mut response = sign_in_required().into_response();
            let challenge = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
            response
        }
        (Access::Groups(groups), Some(identity)) => {
            let member = identity
                .groups
                .iter()
                .any(|own| groups.iter().any(|g| **own == **g));
            if member {
                next.run(request).await
            } else {
                staff_only().into_response()
            }
        }
    }
}
