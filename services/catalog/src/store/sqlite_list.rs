//! The statement that lists products in SQLite: filters, order, and where a page goes on. Every
//! order has an index, so that a page costs what is on it, however long the list is. Only a search
//! by rank has to look at all that it found.

use kit::http::Limit;
use rusqlite::types::Value;

use super::{After, SortKey};
use crate::search::{Filter, Sort, Words};

/// The columns of a product, in the order in which the adapter reads them.
pub(super) const PRODUCT: &str = "p.seq, p.id, p.slug, p.name, p.botanical_name, p.summary, \
    p.description, p.category_id, p.price, p.stock, p.rating, p.care, p.attributes, p.image, \
    p.version, p.popularity";

/// How the columns of the search index weigh: name, botanical name, category, summary,
/// description.
const WEIGHTS: &str = "10.0, 6.0, 4.0, 3.0, 1.0";

/// The statement of a list and its values. The column after those of [`PRODUCT`] is the key that
/// it is sorted by.
pub(super) fn list_statement(
    filter: &Filter,
    after: Option<After>,
    limit: Limit,
) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = Vec::new();
    let (key, order, descending) = match (filter.sort, &filter.words) {
        (Sort::Relevance, Some(_)) => (format!("bm25(product_search, {WEIGHTS})"), "", false),
        (Sort::Relevance, None) => ("p.popularity".to_owned(), "popularity", true),
        (Sort::Name, _) => ("p.name collate nocase".to_owned(), "name", false),
        (Sort::Price, _) => ("p.price".to_owned(), "price", false),
        (Sort::PriceDescending, _) => ("p.price".to_owned(), "price", true),
        (Sort::Newest, _) => ("p.seq".to_owned(), "age", true),
    };
    // Left to itself SQLite takes any index that a filter could use, and sorts all that it found;
    // or it walks the products and searches anew for each.
    let tables = match (&filter.words, &filter.category) {
        (Some(_), _) => {
            "product_search cross join product p on p.seq = product_search.rowid".into()
        }
        (None, Some(_)) => format!("product p indexed by product_of_category_by_{order}"),
        (None, None) => format!("product p indexed by product_by_{order}"),
    };
    let mut sql = format!("select {PRODUCT}, {key} as sort_key from {tables} where p.retired = 0");
    let mut also = |condition: &str, value: Value| {
        values.push(value);
        sql.push_str(" and ");
        sql.push_str(&condition.replace('?', &format!("?{}", values.len())));
    };
    if let Some(words) = &filter.words {
        also("product_search match ?", fts5(words).into());
    }
    if let Some(category) = &filter.category {
        also("p.category_id = ?", category.clone().into());
    }
    if let Some(min) = filter.min_price {
        also("p.price >= ?", min.into());
    }
    if let Some(max) = filter.max_price {
        also("p.price <= ?", max.into());
    }
    if filter.in_stock {
        sql.push_str(" and p.stock > 0");
    }
    // Rank is known only after the match, so a search goes on outside of it.
    if filter.words.is_some() {
        sql = format!("select * from ({sql}) as p where true");
    }
    let key = if filter.words.is_some() {
        "sort_key"
    } else {
        &key
    };
    let (than, direction) = if descending {
        ("<", " desc")
    } else {
        (">", "")
    };
    if let Some((last, seq)) = after {
        values.extend([last.into(), seq.into()]);
        let (a, b) = (values.len() - 1, values.len());
        sql.push_str(&format!(" and ({key}, p.seq) {than} (?{a}, ?{b})"));
    }
    values.push((i64::from(limit.get()) + 1).into());
    let n = values.len();
    sql.push_str(&format!(
        " order by {key}{direction}, p.seq{direction} limit ?{n}"
    ));
    (sql, values)
}

/// The words as an FTS5 query; nothing of FTS5's own language gets through.
fn fts5(words: &Words) -> String {
    let word = |(word, goes_on)| format!("\"{word}\"{}", if goes_on { "*" } else { "" });
    words.iter().map(word).collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, params_from_iter};

    use super::*;

    const SORTS: [Sort; 5] = [
        Sort::Relevance,
        Sort::Name,
        Sort::Price,
        Sort::PriceDescending,
        Sort::Newest,
    ];

    /// What SQLite will do, step by step.
    fn plan(db: &Connection, filter: &Filter, after: Option<After>) -> Vec<String> {
        let (sql, values) = list_statement(filter, after, Limit::default());
        let mut plan = db.prepare(&format!("explain query plan {sql}")).unwrap();
        let steps = plan.query_map(params_from_iter(values), |row| row.get(3));
        steps.unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn database() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(include_str!(
            "../../migrations/sqlite/0001_create_catalog.sql"
        ))
        .unwrap();
        db
    }

    fn filters() -> impl Iterator<Item = Filter> {
        (0..80).map(|bits| Filter {
            words: None,
            category: (bits & 1 != 0).then(|| "herbs".to_owned()),
            min_price: (bits & 2 != 0).then_some(100),
            max_price: (bits & 4 != 0).then_some(900),
            in_stock: bits & 8 != 0,
            sort: SORTS[bits / 16],
        })
    }

    #[test]
    fn words_are_quoted() {
        let words = Words::typed("swiss OR chee").unwrap();

        assert_eq!(fts5(&words), "\"swiss\" \"OR\" \"chee\"*");
    }

    #[test]
    fn every_list_walks_an_index_in_its_order() {
        let db = database();

        for filter in filters() {
            let last = match filter.sort {
                Sort::Name => SortKey::Text("Basil".to_owned()),
                _ => SortKey::Number(500),
            };
            for after in [None, Some((last, 7))] {
                let plan = plan(&db, &filter, after);

                let [step] = &plan[..] else {
                    panic!("{filter:?}: {plan:?}")
                };
                assert!(
                    step.starts_with("SEARCH p USING INDEX"),
                    "{filter:?}: {step}"
                );
                let by_category = step.contains("category_id=?");
                assert_eq!(by_category, filter.category.is_some(), "{filter:?}: {step}");
            }
        }
    }

    #[test]
    fn a_search_looks_at_what_the_words_find_and_at_nothing_else() {
        let db = database();

        for mut filter in filters() {
            filter.words = Words::typed("swiss chee");
            let plan = plan(&db, &filter, Some((SortKey::Number(1), 7)));

            assert!(
                plan[0].starts_with("SCAN product_search VIRTUAL TABLE"),
                "{plan:?}"
            );
            assert!(
                plan[1].starts_with("SEARCH p USING INTEGER PRIMARY KEY"),
                "{plan:?}"
            );
        }
    }
}
