//! `GET /v1/categories`.

use axum::extract::State;
use http::Uri;
use kit::http::List;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{AppState, Error, cache::Answer, store::CategoryCount};

/// A category.
#[derive(Serialize, ToSchema)]
pub(crate) struct Category {
    #[schema(example = "houseplants")]
    id: String,
    #[schema(example = "Houseplants")]
    name: String,
    /// How many products it has.
    #[schema(minimum = 0, example = 12)]
    product_count: i64,
}

/// The categories, in the shop's order.
#[utoipa::path(
    get,
    path = "/v1/categories",
    tag = "products",
    responses((status = 200, description = "The categories", body = List<Category>)),
    extensions(("x-edge" = json!({ "cache": {
        "ttl_s": 30, "scope": "public", "tags": ["products"],
        "stale_while_revalidate_s": 30, "stale_if_error_s": 300
    } }))),
)]
pub(crate) async fn list_categories(
    State(state): State<AppState>,
    uri: Uri,
) -> Result<Answer, Error> {
    let answer = state.answers.get_or(uri.path(), async || {
        let categories = List::whole(state.store.categories().await?);
        Ok(Answer::new(&categories.map(Category::from)))
    });
    answer.await
}

impl From<CategoryCount> for Category {
    fn from(category: CategoryCount) -> Self {
        Self {
            id: category.id,
            name: category.name,
            product_count: category.products,
        }
    }
}
