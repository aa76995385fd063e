//! The statement that lists products in PostgreSQL: filters, order, and where a page goes on. Every
//! order has an index, so that a page costs what is on it, however long the list is. A search
//! has to look at all that it found.

use kit::http::Limit;
use sqlx::{FromRow, Postgres, QueryBuilder, Row as _, postgres::PgRow};

use super::{
    products::{PRODUCT, Row},
    search::{every, storable, weights, weights_of_rest},
};
use crate::{
    Error,
    product::Product,
    search::{Filter, Sort, Words},
    store::{After, SortKey, prices},
};

/// The statement of a list. Its column `sort_key` is what it is sorted by.
pub(super) fn statement(
    filter: &Filter,
    after: Option<After>,
    limit: Limit,
) -> QueryBuilder<Postgres> {
    let (key, descending) = match filter.sort {
        Sort::Relevance => ("p.popularity", true),
        Sort::Name => ("p.name_key", false),
        Sort::Price => ("p.price", false),
        Sort::PriceDescending => ("p.price", true),
        Sort::Newest => ("p.seq", true),
    };
    let by_rank = filter
        .words
        .as_ref()
        .filter(|_| filter.sort == Sort::Relevance);
    let (than, direction) = match descending && by_rank.is_none() {
        true => ("<", " desc"),
        false => (">", ""),
    };
    let limit = i64::from(limit.get()) + 1;
    let mut sql = QueryBuilder::new("");
    if filter.words.is_none() {
        sql.push(format!("select {PRODUCT}, {key} as sort_key"));
        conditions(&mut sql, filter, after.as_ref());
        if let Some(after) = after {
            sql.push(format!(" and ({key}, p.seq) {than} "));
            key_of(&mut sql, after);
        }
        sql.push(format!(
            " order by {key}{direction}, p.seq{direction} limit "
        ));
        sql.push_bind(limit);
        return sql;
    }
    // Left to itself PostgreSQL may walk all products in their order and ask of each whether it has
    // the words. What is found is kept and sorted without all that is not on the page.
    sql.push("with found as materialized (select p.seq, ");
    match by_rank {
        Some(words) => rank(&mut sql, words),
        None => {
            sql.push(key);
        }
    }
    sql.push(" as sort_key");
    conditions(&mut sql, filter, after.as_ref());
    sql.push("), page as materialized (select * from found");
    if let Some(after) = after {
        sql.push(format!(" where (sort_key, seq) {than} "));
        key_of(&mut sql, after);
    }
    sql.push(format!(
        " order by sort_key{direction}, seq{direction} limit "
    ));
    sql.push_bind(limit).push(format!(
        ") select {PRODUCT}, page.sort_key from page join product p using (seq)
         order by page.sort_key{direction}, p.seq{direction}"
    ));
    sql
}

/// How well a product matches, the better the smaller.
fn rank(sql: &mut QueryBuilder<Postgres>, words: &Words) {
    sql.push("(0");
    let in_words = weights(words).into_iter().map(|one| ("p.words", one));
    let in_rest = weights_of_rest(words).into_iter();
    let in_rest = in_rest.map(|one| ("p.description_words", one));
    for (vector, (weight, matching)) in in_words.chain(in_rest) {
        sql.push(format!(" - {weight} * ({vector} @@ "));
        sql.push_bind(matching).push("::tsquery)::int");
    }
    sql.push(")::float8");
}

fn conditions(sql: &mut QueryBuilder<Postgres>, filter: &Filter, after: Option<&After>) {
    sql.push(" from product p where not p.retired");
    if let Some(words) = &filter.words {
        sql.push(" and (p.words || p.description_words) @@ ");
        sql.push_bind(every(words)).push("::tsquery");
    }
    if let Some(category) = &filter.category {
        sql.push(" and p.category_id = ")
            .push_bind(storable(category));
    }
    let (min, max) = prices(filter, after);
    if let Some(min) = min {
        sql.push(" and p.price >= ").push_bind(min);
    }
    if let Some(max) = max {
        sql.push(" and p.price <= ").push_bind(max);
    }
    if filter.in_stock {
        sql.push(" and p.stock > 0");
    }
}

fn key_of(sql: &mut QueryBuilder<Postgres>, (last, seq): After) {
    sql.push("(");
    match last {
        SortKey::Text(text) => sql.push_bind(storable(&text)),
        SortKey::Number(number) => sql.push_bind(number),
        SortKey::Rank(bits) => sql.push_bind(f64::from_bits(bits)),
    };
    sql.push(", ").push_bind(seq).push(")");
}

/// A row of the list.
pub(super) fn listed(filter: &Filter, row: &PgRow) -> Result<(SortKey, Product), Error> {
    let key = match (filter.sort, &filter.words) {
        (Sort::Relevance, Some(_)) => SortKey::Rank(row.try_get::<f64, _>("sort_key")?.to_bits()),
        (Sort::Name, _) => SortKey::Text(row.try_get("sort_key")?),
        (Sort::Relevance | Sort::Price | Sort::PriceDescending | Sort::Newest, _) => {
            SortKey::Number(row.try_get("sort_key")?)
        }
    };
    Ok((key, Row::from_row(row)?.try_into()?))
}
