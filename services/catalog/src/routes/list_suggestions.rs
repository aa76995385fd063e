//! `GET /v1/suggestions`: what somebody who is typing may be looking for.
//!
//! Not below `/v1/products`, where a name is a product's.

use axum::extract::State;
use http::Uri;
use kit::http::{List, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{AppState, Error, asked::Text, cache::Answer};

/// What was typed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListSuggestions {
    /// What was typed so far; the last word may be unfinished, and each may be mistyped.
    #[param(value_type = String, min_length = 1, max_length = 100, example = "ros")]
    q: Text<1, 100>,
}

/// A suggestion.
#[derive(Serialize, ToSchema)]
pub(crate) struct Suggestion {
    /// What to search for.
    #[schema(example = "rosemary")]
    q: String,
}

/// Suggests what to search for.
///
/// At most eight, the best first: words that go on as the last one does, by how many names have them, and names of products
/// and categories, the most popular first. All of them are what the shop's products and categories are called, as of the
/// last five minutes.
#[utoipa::path(
    get,
    path = "/v1/suggestions",
    tag = "products",
    params(ListSuggestions),
    responses((status = 200, description = "What to search for", body = List<Suggestion>)),
    extensions(("x-edge" = json!({ "cache": {
        "ttl_s": 30, "scope": "public", "tags": ["products"],
        "stale_while_revalidate_s": 30, "stale_if_error_s": 300
    } }))),
)]
pub(crate) async fn list_suggestions(
    State(state): State<AppState>,
    uri: Uri,
    Query(query): Query<ListSuggestions>,
) -> Result<Answer, Error> {
    let question = uri.path_and_query().map_or("", |asked| asked.as_str());
    let answer = state.answers.get_or(question, async || {
        let found = state.suggestions().await?.for_typed(&query.q.0);
        let found = found.into_iter().map(|q| Suggestion { q });
        Ok(Answer::new(&List::whole(found.collect())))
    });
    answer.await
}
