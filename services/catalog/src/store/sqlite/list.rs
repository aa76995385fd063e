//! The statement that lists products in SQLite: filters, order, and where a page goes on. Every
//! order has an index, so that a page costs what is on it, however long the list is. A search has to
//! look at all that it found.

use kit::http::Limit;
use rusqlite::types::Value;

use super::rows::PRODUCT;
use crate::{
    search::{Filter, Sort, Words},
    store::{After, SortKey, prices},
};

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
    let mut conditions = Conditions::default();
    if let Some(words) = &filter.words {
        conditions.also("product_search match ?", fts5(words));
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
        Some(_) => search(filter, after, &mut conditions),
        None => walk(filter, after, &mut conditions),
    };
    let n = conditions.bind(i64::from(limit.get()) + 1);
    (sql.replace("{limit}", &n), conditions.values)
}

/// Walks the index of the order.
fn walk(filter: &Filter, after: Option<After>, conditions: &mut Conditions) -> String {
    let (key, collation, order, descending) = match filter.sort {
        Sort::Relevance => ("p.popularity", "", "popularity", true),
        Sort::Name => ("p.name", " collate nocase", "name", false),
        Sort::Price => ("p.price", "", "price", false),
        Sort::PriceDescending => ("p.price", "", "price", true),
        Sort::Newest => ("p.seq", "", "age", true),
    };
    // Left to itself SQLite takes any index that a filter could use, and sorts all that it found.
    let index = match filter.category {
        Some(_) => format!("product_of_category_by_{order}"),
        None => format!("product_by_{order}"),
    };
    let (than, direction) = direction(descending);
    if let Some((last, seq)) = after {
        let (last, seq) = (conditions.bind(last), conditions.bind(seq));
        // With the collation on the other side SQLite would walk from the beginning.
        let from = format!(" and ({key}, p.seq) {than} ({last}{collation}, {seq})");
        conditions.sql += &from;
    }
    format!(
        "select {PRODUCT}, {key} as sort_key from product p indexed by {index}
         where p.retired = 0{} order by {key}{collation}{direction}, p.seq{direction}
         limit {{limit}}",
        conditions.sql
    )
}

/// Looks at all that has the words, but reads no more of it than what it is sorted by until it
/// knows what is on the page. The newest need no sorting.
fn search(filter: &Filter, after: Option<After>, conditions: &mut Conditions) -> String {
    let (key, descending) = match filter.sort {
        Sort::Relevance => (format!("bm25(product_search, {WEIGHTS})"), false),
        Sort::Name => ("p.name collate nocase".to_owned(), false),
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
             from product_search{product} where true{}) as found
           {from} order by {order} limit {{limit}}) as found
         cross join product p on p.seq = found.seq order by {order}",
        conditions.sql
    )
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
    use crate::store::sqlite::MIGRATIONS;

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
        for migration in MIGRATIONS {
            db.execute_batch(migration.sql).unwrap();
        }
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

            let read = plan.iter().filter(|step| step.contains(" p "));
            let by_key = |step: &String| step.starts_with("SEARCH p USING INTEGER PRIMARY KEY");
            assert!(
                read.clone().count() > 0 && read.clone().all(by_key),
                "{plan:?}"
            );
            let by_words = |step: &String| step.starts_with("SCAN product_search VIRTUAL TABLE");
            assert!(plan.iter().any(by_words), "{plan:?}");
            // The words' index has the newest in their order.
            let sorts = plan.iter().filter(|step| step.contains("TEMP B-TREE"));
            let expected = usize::from(filter.sort != Sort::Newest);
            assert_eq!(sorts.count(), expected, "{filter:?}: {plan:?}");
        }
    }
}
