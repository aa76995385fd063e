//! Counts of products by category, price and stock, as OpenSearch is asked for them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    http::Fault,
    query::{every, in_stock, of_category, of_price, of_stock},
};
use crate::search::{Facets, Filter, Words, bands};

/// More categories than a shop has.
const CATEGORIES: u32 = 10_000;

/// What OpenSearch answers.
#[derive(Deserialize)]
pub(super) struct Counted {
    timed_out: bool,
    aggregations: Aggregations,
}

#[derive(Deserialize)]
struct Aggregations {
    total: Count,
    in_stock: Count,
    categories: Kinds,
    prices: Kinds,
}

#[derive(Deserialize)]
struct Count {
    doc_count: i64,
}

/// The counts of one kind, among what the other filters leave.
#[derive(Deserialize)]
struct Kinds {
    each: Buckets,
}

#[derive(Deserialize)]
struct Buckets {
    buckets: Vec<Bucket>,
}

#[derive(Deserialize)]
struct Bucket {
    key: String,
    doc_count: i64,
}

/// Asks for the counts of what has every word. The counts of one kind honour every filter but its own.
pub(super) fn question(filter: &Filter, words: &Words) -> Value {
    let must: Vec<Value> = every(words).collect();
    let [category, price, stock] = [of_category(filter), of_price(filter), of_stock(filter)];
    let all = |filters: [&Option<Value>; 3]| {
        let filters: Vec<&Value> = filters.into_iter().flatten().collect();
        json!({ "bool": { "filter": filters } })
    };
    // Each by its number, and so in their order.
    let ranges = (0..).zip(bands()).map(|(at, band)| {
        let mut range = json!({ "key": format!("{at:03}") });
        if let Some(min) = band.min {
            range["from"] = min.into();
        }
        if let Some(max) = band.max {
            range["to"] = (max + 1).into();
        }
        range
    });
    json!({
        "size": 0,
        "track_total_hits": false,
        "query": { "bool": { "filter": must } },
        "aggs": {
            "total": { "filter": all([&category, &price, &stock]) },
            "in_stock": { "filter": all([&category, &price, &Some(in_stock())]) },
            "categories": {
                "filter": all([&price, &stock, &None]),
                "aggs": { "each": { "terms": { "field": "category_id", "size": CATEGORIES } } },
            },
            "prices": {
                "filter": all([&category, &stock, &None]),
                "aggs": { "each": { "range": { "field": "price", "ranges": ranges.collect::<Vec<_>>() } } },
            },
        },
    })
}

/// The counts.
pub(super) fn answer(counted: Counted) -> Result<Facets, Fault> {
    if counted.timed_out {
        return Err("it ran out of time".into());
    }
    let counts = counted.aggregations;
    let each = |kinds: Kinds| {
        let buckets = kinds.each.buckets.into_iter();
        buckets.map(|bucket| (bucket.key, bucket.doc_count))
    };
    let mut prices: Vec<_> = each(counts.prices).collect();
    prices.sort();
    if prices.len() != bands().count() {
        return Err("it knows other price bands".into());
    }
    Ok(Facets::counted(
        counts.total.doc_count,
        counts.in_stock.doc_count,
        each(counts.categories),
        prices.into_iter().map(|(_, count)| count),
    ))
}
