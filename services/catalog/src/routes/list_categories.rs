//! `GET /v1/categories`.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kit::http::List;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{AppState, Error, routes::list_products::kept_json, store::CategoryCount};

/// A category.
#[derive(Serialize, ToSchema)]
pub(crate) struct Category {
    id: String,
    name: String,
    /// How many products it has.
    #[schema(minimum = 0)]
    product_count: i64,
}

/// The categories, in the shop's order.
#[utoipa::path(
    get,
    path = "/v1/categories",
    tag = "products",
    responses((status = 200, description = "The categories", body = List<Category>)),
)]
pub(crate) async fn list_categories(State(state): State<AppState>) -> Result<Response, Error> {
    let answer = state.answers.get_or("categories".to_owned(), async || {
        let categories = state
            .store
            .categories()
            .await?
            .into_iter()
            .map(Category::from)
            .collect();
        Ok::<_, Error>((
            crate::routes::list_products::json(&List::<Category>::whole(categories)),
            0,
        ))
    });
    let answer = answer.await?;
    Ok(kept_json(answer.0).into_response())
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
