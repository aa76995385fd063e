//! `GET /v1/products`: search, filters, every order, page by page.

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use kit::http::{Cursor, Limit, List, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{
    AppState, Error,
    product::ProductView,
    search::{Filter, Sort, words},
    store::After,
};

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListProducts {
    /// Words to look for; the last one may be unfinished.
    #[param(max_length = 200)]
    q: Option<String>,
    /// A category's id.
    #[param(max_length = 80)]
    category: Option<String>,
    /// The lowest price, in cents.
    #[param(minimum = 0)]
    min_price: Option<u32>,
    /// The highest price, in cents.
    #[param(minimum = 0)]
    max_price: Option<u32>,
    /// Only what can be bought now.
    #[serde(default)]
    in_stock: bool,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// How many, 24 unless told.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Limit,
}

/// Lists products.
#[utoipa::path(
    get,
    path = "/v1/products",
    tag = "products",
    params(ListProducts),
    responses((status = 200, description = "A page of products", body = List<ProductView>)),
)]
pub(crate) async fn list_products(
    State(state): State<AppState>,
    Query(query): Query<ListProducts>,
) -> Result<Response, Refused> {
    // The same question in other words is another entry; what is asked often is asked alike.
    let question = format!("list {query:?}");
    let answer = state.answers.get_or(question, || {
        let after = query
            .cursor
            .as_ref()
            .map(Cursor::decode::<After>)
            .transpose()?;
        let limit = query.limit;
        let Some(filter) = filter(query) else {
            return Ok((json(&List::<()>::whole(vec![])), 0));
        };
        let rows = state.store.list(&filter, after, limit)?;
        let page = List::from_rows(rows, limit, |(key, product)| (key.clone(), product.seq));
        Ok::<_, Refused>((
            json(&page.map(|(_, product)| ProductView::from(product))),
            0,
        ))
    })?;
    Ok(kept_json(answer.0).into_response())
}

/// Why a list was refused.
pub(crate) enum Refused {
    Problem(Problem),
    Error(Error),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Error(error) => error.into_response(),
        }
    }
}

/// The filter, or none when the search has no word that could be found.
fn filter(query: ListProducts) -> Option<Filter> {
    let typed = query.q.filter(|q| !q.trim().is_empty());
    let words = match typed {
        Some(typed) => Some(words(&typed)?),
        None => None,
    };
    Some(Filter {
        words,
        category: query.category,
        min_price: query.min_price.map(i64::from),
        max_price: query.max_price.map(i64::from),
        in_stock: query.in_stock,
        sort: query.sort,
    })
}

/// An answer as it will be kept and sent.
pub(crate) fn json<T: Serialize>(answer: &T) -> Bytes {
    serde_json::to_vec(answer)
        .expect("an answer is plain data")
        .into()
}

/// A kept answer, to send.
pub(crate) fn kept_json(body: Bytes) -> impl IntoResponse {
    (
        [(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        )],
        body,
    )
}
