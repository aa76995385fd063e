//! `GET /v1/products`: search, filters, every order, page by page.

use axum::extract::State;
use http::Uri;
use kit::http::{Cursor, Limit, List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    AppState, Error,
    asked::{self, Asked},
    cache::Answer,
    search::{Filter, Sort},
    store::{After, SortKey},
    views::ProductView,
};

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListProducts {
    /// Words to look for; the last one may be unfinished.
    #[param(value_type = Option<String>, max_length = 200)]
    q: Option<asked::Query>,
    /// A category's id.
    #[param(value_type = Option<String>, max_length = 80)]
    category: Option<asked::Category>,
    /// The lowest price, in cents.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_u64)]
    min_price: Option<u32>,
    /// The highest price, in cents.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_u64)]
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
    extensions(("x-edge" = json!({ "cache": {
        "ttl_s": 30, "scope": "public", "tags": ["products"],
        "stale_while_revalidate_s": 30, "stale_if_error_s": 300
    } }))),
)]
pub(crate) async fn list_products(
    State(state): State<AppState>,
    uri: Uri,
    Query(query): Query<ListProducts>,
) -> Result<Answer, Error> {
    // The same question in other words is another entry; what is asked often is asked alike.
    let question = uri.path_and_query().map_or("", |asked| asked.as_str());
    let answer = state.answers.get_or(question, async || {
        let cursor = query.cursor.clone();
        let limit = query.limit;
        let asked = Asked {
            q: query.q,
            category: query.category,
            min_price: query.min_price,
            max_price: query.max_price,
            in_stock: query.in_stock,
            sort: query.sort,
        };
        let Some(mut filter) = asked.filter() else {
            return match cursor {
                Some(_) => Err(Cursor::refused().into()),
                None => Ok(Answer::new(&List::<()>::whole(vec![]))),
            };
        };
        let list = filter.name();
        let after = cursor
            .map(|cursor| go_on(&cursor, &list, &filter))
            .transpose()?;
        if let Some(words) = &mut filter.words {
            state.understand(words).await?;
        }
        let rows = state.search().list(&filter, after, limit).await?;
        let page = List::from_rows(rows, limit, |(key, product)| {
            (list, key.clone(), product.seq)
        });
        let page = page.map(|(_, product)| ProductView::new(product, &state.drawings));
        Ok(Answer::new(&page))
    });
    answer.await
}

/// Where the page after `cursor` begins; a cursor of another list is refused, because its key
/// means nothing here, and so is a forged one whose key could be none of this list.
fn go_on(cursor: &Cursor, list: &str, filter: &Filter) -> Result<After, Problem> {
    let (of, key, seq) = cursor.decode::<(String, SortKey, i64)>()?;
    if of == list && key.is_of(filter) {
        Ok((key, seq))
    } else {
        Err(Cursor::refused())
    }
}
