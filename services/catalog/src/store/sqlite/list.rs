//! The statement that lists products in SQLite: filters, order, and where a page goes on. Every
//! order has an index, so that a page costs what is on it, however long the list is. A search has to
//! look at all that it found.

use kit::http::Limit;
use rusqlite::types::Value;

use super::{
    rows::PRODUCT,
    search::{every, weights},
};
use crate::{
    search::{Filter, Sort, Words},
    store::{After, SortKey, prices},
};

/// The statement of a list and its values. The column after those of [`PRODUCT`] is the key that
/// it is sorted by.
pub(super) fn list_statement(
    filter: &Filter,
    after: Option<After>,
    limit: Limit,
) -> (String, Vec<Value>) {
    let mut conditions = Conditions::default();
    if let Some(words) = &filter.words {
        conditions.also("product_search match ?", every(words));
    }
    let (min, max) = prices(filter, after.as_ref());
    if let Some(category) = &filter.category {
        conditions.also("p.category_id = ?", category.clone());
    }
    if let Some(min) = min {
        conditions.also("p.price >= ?", min);
    }
    if let Some(max) = max {
        conditions.also("p.price <= ?", max);
    }
    if filter.in_stock {
        conditions.sql += " and p.stock > 0";
    }
    let sql = match &filter.words {
        Some(words) => search(filter, words, after, &mut conditions),
        None => walk(filter, after, &mut conditions),
    };
    let n = conditions.bind(i64::from(limit.get()) + 1);
    (sql.replace("{limit}", &n), conditions.values)
}

/// Walks the index of the order.
fn walk(filter: &Filter, after: Option<After>, conditions: &mut Conditions) -> String {
    let (key, order, descending) = match filter.sort {
        Sort::Relevance => ("p.popularity", "popularity", true),
        Sort::Name => ("p.name_key", "name_key", false),
        Sort::Price => ("p.price", "price", false),
        Sort::PriceDescending => ("p.price", "price", true),
        Sort::Newest => ("p.seq", "age", true),
    };
    // Left to itself SQLite takes any index that a filter could use, and sorts all that it found.
    let index = match filter.category {
        Some(_) => format!("product_of_category_by_{order}"),
        None => format!("product_by_{order}"),
    };
    let (than, direction) = direction(descending);
    if let Some((last, seq)) = after {
        let (last, seq) = (conditions.bind(last), conditions.bind(seq));
        conditions.sql += &format!(" and ({key}, p.seq) {than} ({last}, {seq})");
    }
    format!(
        "select {PRODUCT}, {key} as sort_key from product p indexed by {index}
         where p.retired = 0{} order by {key}{direction}, p.seq{direction}
         limit {{limit}}",
        conditions.sql
    )
}

/// Looks at all that has the words, but reads no more of it than what it is sorted by until it
/// knows what is on the page. The newest need no sorting.
fn search(
    filter: &Filter,
    words: &Words,
    after: Option<After>,
    conditions: &mut Conditions,
) -> String {
    let (key, descending) = match filter.sort {
        Sort::Relevance => (rank(words, conditions), false),
        Sort::Name => ("p.name_key".to_owned(), false),
        Sort::Price => ("p.price".to_owned(), false),
        Sort::PriceDescending => ("p.price".to_owned(), true),
        Sort::Newest => ("product_search.rowid".to_owned(), true),
    };
    let (than, direction) = direction(descending);
    // The index has no product that is retired.
    let filtered = conditions.sql.contains(" p.") || key.starts_with("p.");
    let product = if filtered {
        // Left to itself SQLite walks the products and searches anew for each.
        " cross join product p on p.seq = product_search.rowid"
    } else {
        ""
    };
    // Rank is known only after the match, so the search goes on outside of it.
    let from = after.map(|(last, seq)| match filter.sort {
        Sort::Newest => format!("where seq < {}", conditions.bind(seq)),
        Sort::Relevance | Sort::Name | Sort::Price | Sort::PriceDescending => {
            let (last, seq) = (conditions.bind(last), conditions.bind(seq));
            format!("where (sort_key, seq) {than} ({last}, {seq})")
        }
    });
    let from = from.unwrap_or_default();
    // With a limit of its own the inner query is not merged with the outer one, which would find the
    // rank of each product twice.
    let once = match filter.sort {
        Sort::Relevance => " limit -1",
        Sort::Name | Sort::Price | Sort::PriceDescending | Sort::Newest => "",
    };
    let order = match filter.sort {
        Sort::Newest => "found.seq desc".to_owned(),
        Sort::Relevance | Sort::Name | Sort::Price | Sort::PriceDescending => {
            format!("found.sort_key{direction}, found.seq{direction}")
        }
    };
    format!(
        "select {PRODUCT}, found.sort_key from (
           select * from (
             select product_search.rowid as seq, {key} as sort_key
             from product_search{product} where true{}{once}) as found
           {from} order by {order} limit {{limit}}) as found
         cross join product p on p.seq = found.seq order by {order}",
        conditions.sql
    )
}

/// How well a product matches, the better the smaller.
fn rank(words: &Words, conditions: &mut Conditions) -> String {
    let weights = weights(words).into_iter().map(|(weight, matching)| {
        let matching = conditions.bind(matching);
        format!(
            " - {weight} * (product_search.rowid in
               (select rowid from product_search where product_search match {matching}))"
        )
    });
    format!("0.0{}", weights.collect::<String>())
}

fn direction(descending: bool) -> (&'static str, &'static str) {
    if descending {
        ("<", " desc")
    } else {
        (">", "")
    }
}

/// Conditions that all hold, each after an `and`, and the values of the statement.
#[derive(Default)]
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition on a value that stands in it as `?`.
    fn also(&mut self, condition: &str, value: impl Into<Value>) {
        let value = self.bind(value);
        self.sql.push_str(" and ");
        self.sql.push_str(&condition.replace('?', &value));
    }

    /// Adds a value; how it is written in the statement.
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }
}

impl From<SortKey> for Value {
    fn from(key: SortKey) -> Self {
        match key {
            SortKey::Text(text) => text.into(),
            SortKey::Number(number) => number.into(),
            SortKey::Rank(bits) => f64::from_bits(bits).into(),
        }
    }
}

/// The key as the statement answers it.
pub(super) fn sort_key(value: Value) -> SortKey {
    match value {
        Value::Text(text) => SortKey::Text(text),
        Value::Integer(number) => SortKey::Number(number),
        Value::Real(rank) => SortKey::Rank(rank.to_bits()),
        Value::Null | Value::Blob(_) => SortKey::Number(0),
    }
}
