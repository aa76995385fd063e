//! Outbox and consumed events in SQLite.
//!
//! ```sql
//! create table outbox (
//!   id blob primary key,
//!   topic text not null,
//!   key text not null,
//!   payload text not null,
//!   at integer not null
//! ) strict, without rowid;
//!
//! create table consumed_event (
//!   id blob primary key
//! ) strict, without rowid;
//! ```

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{BATCH, Consumer, Event, Fault, Outbox, deliver_to_all, note_waiting, remembered_from};
use crate::store::Sqlite;

/// Appends to the outbox, inside the transaction that causes the event. The id is that of the event,
/// unless one that waits has a greater one, as after a start with a clock that was set back: events are
/// dispatched in the order of their ids.
pub fn append(db: &Connection, event: &Event) -> Result<(), rusqlite::Error> {
    let mut last = db.prepare_cached("select max(id) from outbox")?;
    let last: Option<Uuid> = last.query_row([], |row| row.get(0))?;
    let next = last.map_or(Uuid::nil(), |last| Uuid::from_u128(last.as_u128() + 1));
    db.prepare_cached(
        "insert into outbox (id, topic, key, payload, at) values (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        event.id.max(next),
        event.topic,
        event.key,
        event.payload,
        event.at.as_millisecond()
    ])?;
    Ok(())
}

/// Notes that this consumer counts `event`, inside the transaction that does so.
/// False when it was counted before, or is over 30 days old: then do nothing.
pub fn first_time(db: &Connection, event: Uuid) -> Result<bool, rusqlite::Error> {
    let oldest = remembered_from();
    db.prepare_cached("delete from consumed_event where id < ?1")?
        .execute([oldest])?;
    if event < oldest {
        return Ok(false);
    }
    let sql = "insert into consumed_event (id) values (?1) on conflict do nothing";
    Ok(db.prepare_cached(sql)?.execute([event])? == 1)
}

/// The outbox of a file, which belongs to one process.
pub struct SqliteOutbox {
    db: Sqlite,
    /// Two at once would dispatch the same events.
    dispatching: Mutex<()>,
}

impl SqliteOutbox {
    /// The outbox in this file.
    pub fn new(db: Sqlite) -> Self {
        Self {
            db,
            dispatching: Mutex::default(),
        }
    }
}

#[async_trait]
impl Outbox for SqliteOutbox {
    async fn dispatch(&self, consumers: &[Arc<dyn Consumer>]) -> Result<usize, Fault> {
        let _dispatching = self.dispatching.lock().await;
        let events = self.db.read(waiting)?;
        note_waiting(&events);
        if events.is_empty() {
            return Ok(0);
        }
        deliver_to_all(&events, consumers).await?;
        // An event's id is made before its transaction commits, so a smaller id may appear later:
        // take off exactly what was read.
        let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
        self.db
            .write(move |db| {
                let mut delete = db.prepare_cached("delete from outbox where id = ?1")?;
                ids.iter().try_for_each(|id| delete.execute([id]).map(drop))
            })
            .await
            .map_err(|fault: rusqlite::Error| fault)?;
        Ok(events.len())
    }
}

fn waiting(db: &Connection) -> Result<Vec<Event>, rusqlite::Error> {
    let sql = "select id, topic, key, payload, at from outbox order by id limit ?1";
    let mut rows = db.prepare_cached(sql)?;
    let rows = rows.query_map([BATCH], |row| {
        Ok(Event {
            id: row.get(0)?,
            topic: row.get(1)?,
            key: row.get(2)?,
            payload: row.get(3)?,
            at: Timestamp::from_millisecond(row.get(4)?).unwrap_or_default(),
        })
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_keep_their_order_although_the_clock_was_set_back() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "create table outbox (id blob primary key, topic text not null, key text not null,
               payload text not null, at integer not null) strict, without rowid",
        )
        .unwrap();
        let first = Event::new("first", "key", &());
        let mut second = Event::new("second", "key", &());
        second.id = Uuid::from_u128(first.id.as_u128() - (3_600_000 << 80));

        append(&db, &first).unwrap();
        append(&db, &second).unwrap();

        let topics = waiting(&db).unwrap().into_iter().map(|event| event.topic);
        assert_eq!(topics.collect::<Vec<_>>(), ["first", "second"]);
    }
}
