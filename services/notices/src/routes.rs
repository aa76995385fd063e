//! Every operation of notices. There is one, for users; the edge cannot reach it.

mod list_kept_letters;

use axum::{Router, middleware, routing::get};
use kit::{identity, telemetry};

use crate::AppState;

/// The whole service.
pub fn app(state: AppState) -> Router {
    let only_users: &'static [&'static str] = &["users"];
    Router::new()
        .route(
            "/internal/people/{user_id}/letters",
            get(list_kept_letters::list_kept_letters),
        )
        .layer(middleware::from_fn_with_state(
            only_users,
            identity::only_from,
        ))
        .layer(middleware::from_fn_with_state(
            state.trust.clone(),
            identity::require_trust,
        ))
        .layer(middleware::from_fn_with_state("notices", telemetry::record))
        .with_state(state)
}
