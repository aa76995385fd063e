//! `GET /v1/facets`: how many products of each kind there are among those that a visitor looks for.
//!
//! Not below `/v1/products`, where a name is a product's.

use axum::extract::State;
use http::Uri;
use kit::http::Query;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    AppState, Error,
    asked::{self, Asked},
    cache::Answer,
    search::{Facets, Sort},
    store::CategoryCount,
};

/// What to count: the filters of a list of products.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListFacets {
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
}

/// How many products of each kind there are. The counts of one kind honour every filter but its own, so that each says
/// how many products there would be were it chosen.
#[derive(Serialize, ToSchema)]
#[schema(as = Facets)]
pub(crate) struct FacetsView {
    /// How many products all filters leave.
    #[schema(minimum = 0, example = 12)]
    total: i64,
    /// Every category, in the shop's order.
    categories: Vec<CategoryFacet>,
    /// Every price band, the cheapest first.
    prices: Vec<PriceFacet>,
    /// How many of the products can be bought now.
    #[schema(minimum = 0, example = 11)]
    in_stock: i64,
}

/// A category.
#[derive(Serialize, ToSchema)]
pub(crate) struct CategoryFacet {
    #[schema(example = "houseplants")]
    id: String,
    #[schema(example = "Houseplants")]
    name: String,
    /// How many of the products it has.
    #[schema(minimum = 0, example = 12)]
    product_count: i64,
}

/// A price band: `min_price` and `max_price` are what a list is asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct PriceFacet {
    /// The lowest price, in cents; none of the first band.
    #[schema(required, minimum = 0, example = 1000)]
    min_price: Option<i64>,
    /// The highest price, in cents; none of the last band.
    #[schema(required, minimum = 0, example = 1999)]
    max_price: Option<i64>,
    /// How many of the products have a price in it.
    #[schema(minimum = 0, example = 7)]
    product_count: i64,
}

/// Counts products by category, price and stock.
#[utoipa::path(
    get,
    path = "/v1/facets",
    tag = "products",
    params(ListFacets),
    responses((status = 200, description = "How many products of each kind there are", body = FacetsView)),
    extensions(("x-edge" = json!({ "cache": {
        "ttl_s": 30, "scope": "public", "tags": ["products"],
        "stale_while_revalidate_s": 30, "stale_if_error_s": 300
    } }))),
)]
pub(crate) async fn list_facets(
    State(state): State<AppState>,
    uri: Uri,
    Query(query): Query<ListFacets>,
) -> Result<Answer, Error> {
    let question = uri.path_and_query().map_or("", |asked| asked.as_str());
    let answer = state.answers.get_or(question, async || {
        let asked = Asked {
            q: query.q,
            category: query.category,
            min_price: query.min_price,
            max_price: query.max_price,
            in_stock: query.in_stock,
            sort: Sort::default(),
        };
        let facets = match asked.filter() {
            Some(mut filter) => {
                if let Some(words) = &mut filter.words {
                    state.understand(words).await?;
                }
                state.search().facets(&filter).await?
            }
            None => Facets::default(),
        };
        let categories = state.store.categories().await?;
        Ok(Answer::new(&FacetsView::new(facets, categories)))
    });
    answer.await
}

impl FacetsView {
    fn new(facets: Facets, categories: Vec<CategoryCount>) -> Self {
        let categories = categories.into_iter().map(|category| CategoryFacet {
            product_count: facets.of_category(&category.id),
            id: category.id,
            name: category.name,
        });
        let prices = facets.of_prices().map(|(band, product_count)| PriceFacet {
            min_price: band.min,
            max_price: band.max,
            product_count,
        });
        Self {
            total: facets.total,
            categories: categories.collect(),
            prices: prices.collect(),
            in_stock: facets.in_stock,
        }
    }
}
