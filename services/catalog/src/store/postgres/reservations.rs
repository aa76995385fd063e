//! Stock that is taken, set aside and given back, within a transaction.

use jiff::Timestamp;
use kit::store::{PostgresError, Statements};
use tokio_postgres::Row;
use uuid::Uuid;

use super::NOW;
use crate::{
    Error,
    reservation::{Line, State},
};

/// Takes all lines off the stock; when some cannot be had, all of these are named, and the caller
/// must roll the others back.
pub(super) async fn take(db: &impl Statements, lines: &[Line]) -> Result<(), Error> {
    let (products, quantities) = lock(db, lines).await?;
    let taken = db
        .all(
            "update product p set stock = p.stock - line.quantity
             from unnest($1::uuid[], $2::bigint[]) as line (id, quantity)
             where p.id = line.id and p.stock >= line.quantity and not p.retired
             returning p.id",
            &[&products, &quantities],
        )
        .await?;
    let taken: Vec<Uuid> = taken
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()?;
    let missing = (0..lines.len()).filter(|place| !taken.contains(&products[*place]));
    match missing.collect::<Vec<_>>() {
        none if none.is_empty() => Ok(()),
        missing => Err(Error::OutOfStock(missing)),
    }
}

pub(super) async fn give_back(db: &impl Statements, lines: &[Line]) -> Result<(), PostgresError> {
    add(db, "stock", lines).await
}

/// Adds to a column of products; several lines may name one.
pub(super) async fn add(
    db: &impl Statements,
    column: &str,
    lines: &[Line],
) -> Result<(), PostgresError> {
    let (products, quantities) = lock(db, lines).await?;
    let sql = format!(
        "update product p set {column} = p.{column} + line.quantity
         from (select id, sum(quantity)::bigint as quantity
           from unnest($1::uuid[], $2::bigint[]) as line (id, quantity) group by id) as line
         where p.id = line.id"
    );
    db.run(&sql, &[&products, &quantities]).await.map(drop)
}

/// Locks the products of these lines. The products and quantities of them all.
async fn lock(
    db: &impl Statements,
    lines: &[Line],
) -> Result<(Vec<Uuid>, Vec<i64>), PostgresError> {
    let lines = lines.iter().map(|line| (line.product_id, line.quantity));
    let (products, quantities): (Vec<_>, Vec<_>) = lines.unzip();
    let sql = "select from product where id = any ($1) order by id for update";
    db.run(sql, &[&products]).await?;
    Ok((products, quantities))
}

/// Stores the reservation, or locks and returns the one that there is.
pub(super) async fn store_reservation(
    db: &impl Statements,
    order_id: Uuid,
    state: State,
    lines: &[Line],
    until: Timestamp,
) -> Result<Option<(State, Vec<Line>)>, PostgresError> {
    let lines = serde_json::to_string(lines).expect("lines are plain data");
    let sql = format!(
        "insert into reservation (order_id, state, lines, expires_at)
         values ($1, $2, $3, {NOW} + $4) on conflict (order_id) do nothing"
    );
    let inserted = db
        .run(
            &sql,
            &[&order_id, &state.as_ref(), &lines, &from_now(until)],
        )
        .await?;
    match inserted {
        0 => lock_reservation(db, order_id).await,
        _ => Ok(None),
    }
}

pub(super) async fn lock_reservation(
    db: &impl Statements,
    order_id: Uuid,
) -> Result<Option<(State, Vec<Line>)>, PostgresError> {
    let sql = "select state, lines from reservation where order_id = $1 for update";
    let Some(row) = db.maybe(sql, &[&order_id]).await? else {
        return Ok(None);
    };
    let state = row.try_get::<_, &str>("state")?.parse();
    let state = state.map_err(|_| PostgresError::Corrupt("state"))?;
    Ok(Some((state, lines(&row)?)))
}

pub(super) async fn set_state(
    db: &impl Statements,
    order_id: Uuid,
    state: State,
) -> Result<(), PostgresError> {
    let sql = "update reservation set state = $2 where order_id = $1";
    db.run(sql, &[&order_id, &state.as_ref()]).await.map(drop)
}

pub(super) fn lines(row: &Row) -> Result<Vec<Line>, PostgresError> {
    let lines = serde_json::from_str(row.try_get("lines")?);
    lines.map_err(|_| PostgresError::Corrupt("lines"))
}

/// How far off a moment of this process's clock is, in milliseconds.
pub(super) fn from_now(at: Timestamp) -> i64 {
    at.as_millisecond() - Timestamp::now().as_millisecond()
}
