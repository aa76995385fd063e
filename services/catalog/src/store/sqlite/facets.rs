//! Counts products by category, price and stock in SQLite.

use rusqlite::{Connection, Error, params_from_iter, types::Value};

use super::search::every;
use crate::search::{Facets, Filter, Group, bounds};

pub(super) fn count(db: &Connection, filter: &Filter) -> Result<Facets, Error> {
    let bounds = bounds(filter);
    let mut values: Vec<Value> = bounds.iter().map(|bound| Value::from(*bound)).collect();
    let sql = match &filter.words {
        Some(words) => {
            values.push(every(words).into());
            search(bounds.len())
        }
        None => walk(bounds.len()),
    };
    let mut rows = db.prepare_cached(&sql)?;
    let rows = rows.query_map(params_from_iter(values), |row| {
        Ok(Group {
            category: row.get(0)?,
            segment: row.get(1)?,
            all: row.get(2)?,
            in_stock: row.get(3)?,
        })
    })?;
    Ok(Facets::of(filter, rows.collect::<Result<Vec<_>, _>>()?))
}

/// Counts a part of an index for each category and segment. One pass over all products would have to group them, which
/// takes four times as long.
fn walk(bounds: usize) -> String {
    let segments = (0..=bounds).map(|segment| {
        let low = match segment {
            0 => "0".to_owned(),
            _ => format!("?{segment}"),
        };
        let high = match segment {
            _ if segment == bounds => i64::MAX.to_string(),
            _ => format!("?{}", segment + 1),
        };
        format!("({segment}, {low}, {high})")
    });
    let segments = segments.collect::<Vec<_>>().join(", ");
    let count = "select count(*) from product p indexed by product_by_facets where p.retired = 0
         and p.category_id = c.id and p.price >= s.low and p.price < s.high";
    format!(
        "with segment (number, low, high) as (values {segments})
         select c.id, s.number, ({count}), ({count} and p.stock > 0) from category c, segment s"
    )
}

/// Groups all that has the words.
fn search(bounds: usize) -> String {
    let segment = (1..=bounds).map(|bound| format!("(p.price >= ?{bound})"));
    let segment = segment.collect::<Vec<_>>().join(" + ");
    // The index has no product that is retired. Left to itself SQLite walks the products and searches anew for each.
    format!(
        "select p.category_id, {segment}, count(*), sum(p.stock > 0) from product_search
         cross join product p on p.seq = product_search.rowid
         where product_search match ?{} group by 1, 2",
        bounds + 1
    )
}
