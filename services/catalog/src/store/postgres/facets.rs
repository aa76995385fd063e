//! Counts products by category, price and stock in PostgreSQL.

use kit::store::Connection;
use sqlx::{Postgres, QueryBuilder, Row as _};

use super::search::every;
use crate::{
    Error,
    search::{Facets, Filter, Group, bounds},
};

pub(super) async fn count(db: &mut Connection, filter: &Filter) -> Result<Facets, Error> {
    let mut sql: QueryBuilder<Postgres> =
        QueryBuilder::new("select p.category_id, width_bucket(p.price, ");
    sql.push_bind(bounds(filter));
    sql.push(
        "::bigint[]) as segment, count(*) as found, count(*) filter (where p.in_stock) as in_stock
         from product p where not p.retired",
    );
    if let Some(words) = &filter.words {
        sql.push(" and (p.words || p.description_words) @@ ");
        sql.push_bind(every(words)).push("::tsquery");
    }
    sql.push(" group by 1, 2");
    let rows = sql.build().fetch_all(db).await?;
    let groups = rows.iter().map(|row| -> Result<Group, sqlx::Error> {
        Ok(Group {
            category: row.try_get("category_id")?,
            segment: row.try_get("segment")?,
            all: row.try_get("found")?,
            in_stock: row.try_get("in_stock")?,
        })
    });
    Ok(Facets::of(filter, groups.collect::<Result<Vec<_>, _>>()?))
}
