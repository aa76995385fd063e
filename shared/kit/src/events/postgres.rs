//! Outbox and consumed events in PostgreSQL, shared by every replica of a service.
//!
//! ```sql
//! create table outbox (
//!   seq bigint generated always as identity primary key,
//!   id uuid not null,
//!   topic text not null,
//!   key text not null,
//!   payload text not null,
//!   at bigint not null
//! );
//! create index outbox_of_key on outbox (key, seq);
//!
//! create table consumed_event (
//!   id uuid primary key
//! );
//! ```

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{BATCH, Consumer, Event, Fault, Heard, Outbox, hand, note_waiting, remembered_from};
use crate::store::{Postgres, PostgresError, Statements};

/// What is notified of every append, with the event's key.
const CHANNEL: &str = "outbox";

/// Appends to the outbox, inside the transaction that causes the event, and has it told to every
/// process once that commits. The transaction holds a lock that no other which appends for this
/// key gets meanwhile; a row that both change will do.
pub async fn append(db: &impl Statements, event: &Event) -> Result<(), PostgresError> {
    db.run(
        "with event as (
           insert into outbox (id, topic, key, payload, at) values ($1, $2, $3, $4, $5)
           returning key)
         select pg_notify('outbox', key) from event",
        &[
            &event.id,
            &event.topic,
            &event.key,
            &event.payload,
            &event.at.as_millisecond(),
        ],
    )
    .await
    .map(drop)
}

/// Notes that this consumer counts `events`, inside the transaction that does so, and returns those
/// that it has not counted before; of those over 30 days old, none.
pub async fn first_times(
    db: &impl Statements,
    events: &[Uuid],
) -> Result<HashSet<Uuid>, PostgresError> {
    let oldest = remembered_from();
    let forget = "delete from consumed_event where id < $1";
    db.run(forget, &[&oldest]).await?;
    // In one order, so that two that note the same events never wait for one another.
    let note = "insert into consumed_event (id)
         select id from unnest($1::uuid[]) as event (id) where id >= $2 order by id
         on conflict do nothing returning id";
    let rows = db.all(note, &[&events, &oldest]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The outbox of a database. A turn holds row locks on what it hands out until that is off: other
/// relays pass over it, and when this one dies they are free again.
pub struct PostgresOutbox {
    db: Postgres,
}

impl PostgresOutbox {
    /// The outbox in this database.
    pub fn new(db: Postgres) -> Self {
        Self { db }
    }
}

#[async_trait]
impl Outbox for PostgresOutbox {
    async fn turn(&self, consumers: &[Arc<dyn Consumer>]) -> Result<usize, Fault> {
        let mut db = self.db.get().await?;
        let tx = db.transaction().await?;
        // Of each key the first alone, so that its second cannot overtake it in another relay.
        let rows = tx
            .all(
                "select seq, id, topic, key, payload, at from outbox as event
                 where not exists (
                   select from outbox where key = event.key and seq < event.seq)
                 order by seq limit $1 for update skip locked",
                &[&BATCH],
            )
            .await?;
        let events: Vec<Event> = rows.iter().map(event).collect::<Result<_, _>>()?;
        note_waiting(&events);
        if events.is_empty() {
            return Ok(0);
        }
        if let Err(fault) = hand(&events, consumers).await {
            // Awaited, so that the rows are free for other relays when this one tells of its fault.
            tx.rollback().await?;
            return Err(fault);
        }
        let taken: Vec<i64> = rows
            .iter()
            .map(|row| row.try_get("seq"))
            .collect::<Result<_, _>>()?;
        tx.run("delete from outbox where seq = any ($1)", &[&taken])
            .await?;
        tx.commit().await?;
        Ok(events.len())
    }

    async fn listen(&self, heard: &Heard) -> Fault {
        self.db.listen(CHANNEL, heard).await.into()
    }
}

fn event(row: &Row) -> Result<Event, PostgresError> {
    Ok(Event {
        id: row.try_get("id")?,
        topic: row.try_get("topic")?,
        key: row.try_get("key")?,
        payload: row.try_get("payload")?,
        at: Timestamp::from_millisecond(row.try_get("at")?)
            .map_err(|_| PostgresError::Corrupt("at"))?,
    })
}
