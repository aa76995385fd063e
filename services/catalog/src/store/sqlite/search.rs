//! What products are found by, in SQLite's index: terms that are made here, side by side, because what
//! SQLite takes for a word PostgreSQL does not.

use std::collections::BTreeSet;

use rusqlite::{Connection, Error, OptionalExtension, params};

use super::rows::{PRODUCT, product};
use crate::{
    product::{Details, name_key},
    search::{Named, Word, Words},
    terms::{HEAD, Terms},
};

/// How many products are looked at in one transaction.
const BATCH: u32 = 200;

/// The columns of the index.
const COLUMNS: &str = "name, botanical_name, category, summary, description";

/// Every word, in any column.
pub(super) fn every(words: &Words) -> String {
    let every = words.iter().map(any);
    every.collect::<Vec<_>>().join(" AND ")
}

/// How well a product matches: the weights, and what it has to match for each. A word weighs most in
/// the name, and there most when the name ends in it.
pub(super) fn weights(words: &Words) -> Vec<(u32, String)> {
    let of_word = words.iter().flat_map(|word| {
        let in_column = |column: &str| format!("{column} : {}", any(word));
        [
            (8, in_column("name")),
            (8, format!("name : {}", exactly(word, ""))),
            (
                4,
                format!("name : {}", exactly(word, HEAD.encode_utf8(&mut [0; 4]))),
            ),
            (4, in_column("botanical_name")),
            (2, in_column("category")),
            (1, in_column("summary")),
        ]
    });
    let of_pair = words.pairs().map(|pair| (4, any(&pair)));
    of_word.chain(of_pair).collect()
}

/// The word, what it may go on to, and what counts as it.
fn any(word: &Word) -> String {
    let goes_on = if word.goes_on { " *" } else { "" };
    let others = word.others.iter().map(|it| format!(" OR \"{it}\""));
    format!("(\"{}\"{goes_on}{})", word.term, others.collect::<String>())
}

fn exactly(word: &Word, mark: &str) -> String {
    let others = word.others.iter();
    let others = others.map(|it| format!(" OR \"{mark}{it}\""));
    format!("(\"{mark}{}\"{})", word.term, others.collect::<String>())
}

/// The columns of a product.
fn columns(details: &Details, category: &str) -> [String; 5] {
    let terms = Terms::of(details, category);
    let all = [
        terms.name,
        terms.botanical_name,
        terms.category,
        terms.summary,
        terms.rest,
    ];
    all.map(|terms| terms.join(" "))
}

pub(super) fn index(
    db: &Connection,
    seq: i64,
    details: &Details,
    category: &str,
) -> Result<(), Error> {
    let [name, botanical_name, category, summary, rest] = columns(details, category);
    let sql =
        format!("insert into product_search (rowid, {COLUMNS}) values (?1, ?2, ?3, ?4, ?5, ?6)");
    let mut insert = db.prepare_cached(&sql)?;
    insert.execute(params![seq, name, botanical_name, category, summary, rest])?;
    Ok(())
}

pub(super) fn unindex(db: &Connection, seq: i64) -> Result<(), Error> {
    db.prepare_cached("delete from product_search where rowid = ?1")?
        .execute([seq])
        .map(drop)
}

pub(super) fn reindex(db: &Connection, after: i64) -> Result<Option<i64>, Error> {
    let mut some = db.prepare_cached(&format!(
        "select {PRODUCT}, c.name from product p join category c on c.id = p.category_id
         where p.retired = 0 and p.seq > ?1 order by p.seq limit {BATCH}"
    ))?;
    let some = some.query_map([after], |row| Ok((product(row)?, row.get(16)?)))?;
    let mut indexed = db.prepare_cached(&format!(
        "select {COLUMNS} from product_search where rowid = ?1"
    ))?;
    let mut sort =
        db.prepare_cached("update product set name_key = ?2 where seq = ?1 and name_key <> ?2")?;
    let mut last = None;
    for product in some {
        let (product, category): (_, String) = product?;
        let columns = columns(&product.details, &category).map(Some);
        let present = indexed.query_row([product.seq], |row| {
            Ok([
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ])
        });
        if present.optional()? != Some(columns) {
            unindex(db, product.seq)?;
            index(db, product.seq, &product.details, &category)?;
        }
        sort.execute(params![product.seq, name_key(&product.details.name)])?;
        last = Some(product.seq);
    }
    Ok(last)
}

pub(super) fn vocabulary(db: &Connection, products: u32) -> Result<BTreeSet<String>, Error> {
    let mut rows = db.prepare_cached(&format!(
        "select {COLUMNS} from product_search order by rowid desc limit ?1"
    ))?;
    let mut rows = rows.query([products])?;
    let mut known = BTreeSet::new();
    while let Some(row) = rows.next()? {
        for column in 0..5 {
            let terms: Option<String> = row.get(column)?;
            let terms = terms.unwrap_or_default();
            let terms = terms
                .split_whitespace()
                .filter(|term| !term.starts_with(HEAD));
            known.extend(terms.map(str::to_owned));
        }
    }
    Ok(known)
}

pub(super) fn names(db: &Connection, products: u32) -> Result<Vec<Named>, Error> {
    let mut rows = db.prepare_cached(
        "select name, botanical_name from product indexed by product_by_popularity
         where retired = 0 order by popularity desc, seq desc limit ?1",
    )?;
    let rows = rows.query_map([products], |row| {
        Ok(Named {
            name: row.get(0)?,
            botanical_name: row.get(1)?,
        })
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted() {
        let words = Words::typed("swiss OR chee").unwrap();

        assert_eq!(every(&words), "(\"swiss\") AND (\"or\") AND (\"chee\" *)");
    }
}
