//! The statement that lists products in PostgreSQL: filters, order, and where a page goes on. Every
//! order has an index, so that a page costs what is on it, however long the list is. A search
//! has to look at all that it found.

use std::fmt::Write as _;

use kit::http::Limit;
use tokio_postgres::types::ToSql;

use super::rows::PRODUCT;
use crate::{
    product::Details,
    search::{Filter, Sort, Words, fold, split},
    store::{After, SortKey, prices},
};

/// How well a product matches the words `$1`, any of them, the better the smaller. The weights are
/// SQLite's: name 10, botanical name 6, category 4, summary 3, description 1.
const RANK: &str = "-(ts_rank('{0.3, 0.4, 0.6, 1}', p.words, $1::text::tsquery) \
    + ts_rank('{0.1, 0, 0, 0}', p.description_words, $1::text::tsquery))::float8";

/// The longest word that is kept, in characters. Nobody may type one of this length, and PostgreSQL
/// takes none of 2 KiB.
const LONGEST: usize = 500;

/// A value of the statement.
pub(super) type Value = Box<dyn ToSql + Send + Sync>;

/// The statement of a list and its values. Its column `sort_key` is what it is sorted by.
pub(super) fn list_statement(
    filter: &Filter,
    after: Option<After>,
    limit: Limit,
) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = Vec::new();
    let (key, descending) = match (filter.sort, &filter.words) {
        (Sort::Relevance, Some(words)) => {
            values.push(Box::new(tsquery(words, " | ")));
            (RANK, false)
        }
        (Sort::Relevance, None) => ("p.popularity", true),
        (Sort::Name, _) => ("lower(p.name)", false),
        (Sort::Price, _) => ("p.price", false),
        (Sort::PriceDescending, _) => ("p.price", true),
        (Sort::Newest, _) => ("p.seq", true),
    };
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };

    let mut conditions = String::from("from product p where not p.retired");
    let mut also = |condition: &str, value: Value| {
        conditions += " and ";
        conditions += &condition.replace('?', &bind(value));
    };
    if let Some(words) = &filter.words {
        let words = tsquery(words, " & ");
        also(
            "(p.words || p.description_words) @@ ?::text::tsquery",
            Box::new(words),
        );
    }
    if let Some(category) = &filter.category {
        also("p.category_id = ?", Box::new(storable(category)));
    }
    let (min, max) = prices(filter, after.as_ref());
    if let Some(min) = min {
        also("p.price >= ?", Box::new(min));
    }
    if let Some(max) = max {
        also("p.price <= ?", Box::new(max));
    }
    if filter.in_stock {
        conditions += " and p.stock > 0";
    }
    let (than, direction) = if descending {
        ("<", " desc")
    } else {
        (">", "")
    };
    let after =
        after.map(|(last, seq)| format!("({}, {})", bind(last.into()), bind(Box::new(seq))));
    let limit = bind(Box::new(i64::from(limit.get()) + 1));
    let sql = match (&filter.words, after) {
        (None, after) => {
            let after = after.map(|after| format!("and ({key}, p.seq) {than} {after}"));
            format!(
                "select {PRODUCT}, {key} as sort_key {conditions} {}
                 order by {key}{direction}, p.seq{direction} limit {limit}",
                after.unwrap_or_default()
            )
        }
        // Left to itself PostgreSQL may walk all products in their order and ask of each whether
        // it has the words. What is found is kept and sorted without all that is not on the page.
        (Some(_), after) => {
            let after = after.map(|after| format!("where (sort_key, seq) {than} {after}"));
            format!(
                "with found as materialized (select p.seq, {key} as sort_key {conditions}),
                 page as materialized (select * from found {}
                   order by sort_key{direction}, seq{direction} limit {limit})
                 select {PRODUCT}, page.sort_key from page join product p using (seq)
                 order by page.sort_key{direction}, p.seq{direction}",
                after.unwrap_or_default()
            )
        }
    };
    (sql, values)
}

/// The search vectors of a product, in the text form of `tsvector`: of all but its description, and
/// of that. The words are folded here, as SQLite's index does it.
pub(super) fn search_vectors(details: &Details, category: &str) -> (String, String) {
    let botanical_name = details.botanical_name.as_deref().unwrap_or_default();
    let words = vector(&[
        (&details.name, 'A'),
        (botanical_name, 'B'),
        (category, 'C'),
        (&details.summary, 'D'),
    ]);
    (words, vector(&[(&details.description, 'D')]))
}

fn vector(texts: &[(&str, char)]) -> String {
    let mut vector = String::new();
    let words = texts
        .iter()
        .flat_map(|(text, weight)| split(text).map(move |word| (word, weight)));
    for (place, (word, weight)) in words.enumerate() {
        let word = lexeme(word);
        // PostgreSQL counts no further than this.
        let place = (place + 1).min(16_383);
        let _ = write!(vector, "'{word}':{place}{weight} ");
    }
    vector
}

/// The words as the text form of `tsquery`; nothing of its language gets through.
fn tsquery(words: &Words, operator: &str) -> String {
    let word = |(word, goes_on)| {
        let word = lexeme(word);
        format!("'{word}'{}", if goes_on { ":*" } else { "" })
    };
    words.iter().map(word).collect::<Vec<_>>().join(operator)
}

fn lexeme(word: &str) -> String {
    fold(word).chars().take(LONGEST).collect()
}

/// Text that PostgreSQL can compare. It stores no NUL, so what has one equals nothing.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

impl From<SortKey> for Value {
    fn from(key: SortKey) -> Self {
        match key {
            SortKey::Text(text) => Box::new(storable(&text)),
            SortKey::Number(number) => Box::new(number),
            SortKey::Rank(bits) => Box::new(f64::from_bits(bits)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_weigh_by_where_they_stand() {
        let details = Details {
            name: "Purple coneflower".to_owned(),
            botanical_name: Some("\u{c9}chinacea purpurea".to_owned()),
            summary: "Bees' love".to_owned(),
            description: "It's tall.".to_owned(),
            category: "perennials".to_owned(),
            price: crate::product::Price::cents(100).unwrap(),
            care: String::new(),
            attributes: Default::default(),
        };

        let (words, description_words) = search_vectors(&details, "Perennials");

        assert_eq!(
            words,
            "'purple':1A 'coneflower':2A 'echinacea':3B 'purpurea':4B 'perennials':5C 'bees':6D \
             'love':7D "
        );
        assert_eq!(description_words, "'it':1D 's':2D 'tall':3D ");
        let words = Words::typed("It's \u{c9}chi").unwrap();
        assert_eq!(tsquery(&words, " & "), "'it' & 's' & 'echi':*");
    }
}
