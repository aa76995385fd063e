//! Stock that is taken, set aside and given back, within the writer's transaction.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::rows::corrupt;
use crate::{
    Error,
    reservation::{Line, State},
};

/// Takes all lines off the stock; when some cannot be had, all of these are named, and the caller's
/// savepoint undoes the others.
pub(super) fn take(db: &Connection, lines: &[Line]) -> Result<(), Error> {
    let mut take = db.prepare_cached(
        "update product set stock = stock - ?2 where id = ?1 and stock >= ?2 and retired = 0",
    )?;
    let mut missing = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if take.execute(params![line.product_id, line.quantity])? == 0 {
            missing.push(at);
        }
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::OutOfStock(missing))
    }
}

pub(super) fn give_back(db: &Connection, lines: &[Line]) -> Result<(), rusqlite::Error> {
    let mut give = db.prepare_cached("update product set stock = stock + ?2 where id = ?1")?;
    lines.iter().try_for_each(|line| {
        give.execute(params![line.product_id, line.quantity])
            .map(drop)
    })
}

pub(super) fn reservation(
    db: &Connection,
    order_id: Uuid,
) -> Result<Option<(State, Vec<Line>)>, rusqlite::Error> {
    db.prepare_cached("select state, lines from reservation where order_id = ?1")?
        .query_row([order_id], |row| {
            let state = row.get::<_, String>(0)?.parse().map_err(|_| corrupt(0))?;
            let lines = serde_json::from_str(&row.get::<_, String>(1)?).map_err(|_| corrupt(1))?;
            Ok((state, lines))
        })
        .optional()
}

pub(super) fn store_reservation(
    db: &Connection,
    order_id: Uuid,
    state: State,
    lines: &[Line],
    until: Timestamp,
) -> Result<(), Error> {
    let lines = serde_json::to_string(lines).expect("lines are plain data");
    db.prepare_cached(
        "insert into reservation (order_id, state, lines, expires_at) values (?1, ?2, ?3, ?4)
         on conflict (order_id) do update set
           state = excluded.state, expires_at = excluded.expires_at",
    )?
    .execute(params![
        order_id,
        state.as_ref(),
        lines,
        until.as_millisecond()
    ])?;
    Ok(())
}

pub(super) fn set_state(db: &Connection, order_id: Uuid, state: State) -> Result<(), Error> {
    let sql = "update reservation set state = ?2 where order_id = ?1";
    db.prepare_cached(sql)?
        .execute(params![order_id, state.as_ref()])?;
    Ok(())
}
