//! The words of products and of searches, in the text forms of PostgreSQL's `tsvector` and `tsquery`.
//! They are split and folded by us, because what PostgreSQL takes for a letter depends on the
//! database's locale: replicas of two versions, and SQLite, would find different products.

use std::{collections::BTreeSet, fmt::Write as _};

use kit::store::Connection;
use sqlx::{FromRow, Row as _};

use super::products::{PRODUCT, Row};
use crate::{
    Error,
    product::{Details, Product, name_key},
    search::{Named, Word, Words},
    terms::{HEAD, Terms, index_form},
};

/// How many products are looked at in one transaction.
const BATCH: i64 = 200;

/// The search vectors of a product: of all but its description and facts, and of these.
pub(super) fn search_vectors(details: &Details, category: &str) -> (String, String) {
    let terms = Terms::of(details, category);
    let words = vector(&[
        (&terms.name, 'A'),
        (&terms.botanical_name, 'B'),
        (&terms.category, 'C'),
        (&terms.summary, 'D'),
    ]);
    (words, vector(&[(&terms.rest, 'D')]))
}

fn vector(texts: &[(&[String], char)]) -> String {
    let mut vector = String::new();
    let terms = texts
        .iter()
        .flat_map(|(terms, weight)| terms.iter().map(move |term| (term, weight)));
    for (at, (term, weight)) in terms.enumerate() {
        let term = index_form(term);
        // PostgreSQL counts no further than this.
        let at = (at + 1).min(16_383);
        let _ = write!(vector, "'{term}':{at}{weight} ");
    }
    vector
}

/// The words, each of which must occur; nothing of PostgreSQL's language gets through.
pub(super) fn every(words: &Words) -> String {
    let every = words.iter().map(|word| any(word, ""));
    every.collect::<Vec<_>>().join(" & ")
}

/// How well a product matches: the weights, and what it has to match for each. A word weighs most in
/// the name, and there most when the name ends in it. SQLite has the same.
pub(super) fn weights(words: &Words) -> Vec<(u32, String)> {
    let of_word = words.iter().flat_map(|word| {
        [
            (8, any(word, "A")),
            (8, exactly(word, "")),
            (4, exactly(word, HEAD.encode_utf8(&mut [0; 4]))),
            (4, any(word, "B")),
            (2, any(word, "C")),
            (1, any(word, "D")),
        ]
    });
    of_word.collect()
}

/// As [`weights`], of what stands in the description and facts.
pub(super) fn weights_of_rest(words: &Words) -> Vec<(u32, String)> {
    words.pairs().map(|pair| (4, any(&pair, ""))).collect()
}

/// The word, what it may go on to, and what counts as it, where it has this weight.
fn any(word: &Word, weight: &str) -> String {
    let goes_on = if word.goes_on { "*" } else { "" };
    let term = |term: &str, label: &str| match label {
        "" => format!("'{}'", index_form(term)),
        _ => format!("'{}':{label}", index_form(term)),
    };
    let mut any = vec![term(&word.term, &format!("{goes_on}{weight}"))];
    any.extend(word.others.iter().map(|other| term(other, weight)));
    format!("({})", any.join(" | "))
}

/// The word or what counts as it, in the name.
fn exactly(word: &Word, mark: &str) -> String {
    let terms = std::iter::once(&word.term).chain(&word.others);
    let terms = terms.map(|term| format!("'{mark}{}':A", index_form(term)));
    format!("({})", terms.collect::<Vec<_>>().join(" | "))
}

pub(super) async fn reindex(db: &mut Connection, after: i64) -> Result<Option<i64>, Error> {
    let some = format!(
        "select {PRODUCT}, c.name as category from product p join category c on c.id = p.category_id
         where not p.retired and p.seq > $1 order by p.seq limit $2"
    );
    let some = sqlx::query(sqlx::AssertSqlSafe(some)).bind(after);
    let some = some.bind(BATCH).fetch_all(&mut *db).await?;
    let some = some.iter().map(|row| -> Result<(Product, String), Error> {
        let product = Product::try_from(Row::from_row(row)?)?;
        Ok((product, row.try_get("category")?))
    });
    let mut some = some.collect::<Result<Vec<_>, _>>()?;
    let last = some.last().map(|(product, _)| product.seq);
    // Locks are taken in this order.
    some.sort_by_key(|(product, _)| product.id);
    for (product, category) in some {
        let (words, rest) = search_vectors(&product.details, &category);
        // Whoever changed it meanwhile has indexed it.
        let update = sqlx::query(
            "update product set words = $3::text::tsvector, description_words = $4::text::tsvector,
               name_key = $5
             where id = $1 and version = $2 and (words <> $3::text::tsvector
               or description_words <> $4::text::tsvector or name_key <> $5)",
        );
        let update = update.bind(product.id).bind(product.version);
        let update = update
            .bind(words)
            .bind(rest)
            .bind(name_key(&product.details.name));
        update.execute(&mut *db).await?;
    }
    Ok(last)
}

pub(super) async fn vocabulary(
    db: &mut Connection,
    products: u32,
) -> Result<BTreeSet<String>, Error> {
    let known: Vec<String> = sqlx::query_scalar(
        "select distinct unnest(tsvector_to_array(words || description_words))
         from (select words, description_words from product where not retired
           order by seq desc limit $1) as newest",
    )
    .bind(i64::from(products))
    .fetch_all(db)
    .await?;
    let known = known.into_iter().filter(|term| !term.starts_with(HEAD));
    Ok(known.collect())
}

pub(super) async fn names(db: &mut Connection, products: u32) -> Result<Vec<Named>, Error> {
    let rows: Vec<(String, Option<String>)> = sqlx::query_as(
        "select name, botanical_name from product where not retired
         order by popularity desc, seq desc limit $1",
    )
    .bind(i64::from(products))
    .fetch_all(db)
    .await?;
    let names = rows.into_iter().map(|(name, botanical_name)| Named {
        name,
        botanical_name,
    });
    Ok(names.collect())
}

/// Text that PostgreSQL can compare. It stores no NUL, so what has one equals nothing.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_weigh_by_where_they_stand() {
        let details = Details {
            name: "Purple coneflower".to_owned(),
            botanical_name: Some("\u{c9}chinacea alba".to_owned()),
            summary: "Big.".to_owned(),
            description: "It's tall.".to_owned(),
            category: "perennials".to_owned(),
            price: crate::product::Price::cents(100).unwrap(),
            care: String::new(),
            attributes: Default::default(),
        };

        let (words, rest) = search_vectors(&details, "Herb");

        assert_eq!(
            words,
            "'purpl':1A 'purple':2A 'coneflow':3A 'coneflower':4A '\u{e000}coneflow':5A \
             '\u{e000}coneflower':6A 'echinacea':7B 'alba':8B 'herb':9C 'big':10D "
        );
        assert_eq!(rest, "'its':1D 'tall':2D 'it':3D 's':4D ");
        let words = Words::typed("It's \u{c9}chi").unwrap();
        assert_eq!(every(&words), "('its') & ('echi':*)");
    }
}
