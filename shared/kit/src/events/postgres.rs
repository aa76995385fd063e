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
use sqlx::{FromRow, PgExecutor, query, query_as, query_scalar};
use uuid::Uuid;

use super::{
    BATCH, Consumer, Event, Fault, OnAppend, Outbox, deliver_to_all, note_waiting, remembered_from,
};
use crate::store::{Connection, Postgres, PostgresError};

/// What is notified of every append, with the event's key.
const CHANNEL: &str = "outbox";

/// Appends to the outbox, inside the transaction that causes the event, and has it told to every
/// process once that commits. The transaction holds a lock that no other which appends for this
/// key gets meanwhile; a row that both change will do.
pub async fn append(db: impl PgExecutor<'_>, event: &Event) -> Result<(), sqlx::Error> {
    let append = "with event as (
           insert into outbox (id, topic, key, payload, at) values ($1, $2, $3, $4, $5)
           returning key)
         select pg_notify('outbox', key) from event";
    query(append)
        .bind(event.id)
        .bind(&event.topic)
        .bind(&event.key)
        .bind(&event.payload)
        .bind(event.at.as_millisecond())
        .execute(db)
        .await
        .map(drop)
}

/// Notes that this consumer counts `events`, inside the transaction that does so, and returns those
/// that it has not counted before; of those over 30 days old, none.
pub async fn first_times(
    db: &mut Connection,
    events: &[Uuid],
) -> Result<HashSet<Uuid>, sqlx::Error> {
    let oldest = remembered_from();
    query("delete from consumed_event where id < $1")
        .bind(oldest)
        .execute(&mut *db)
        .await?;
    // In one order, so that two that note the same events never wait for one another.
    let note = "insert into consumed_event (id)
         select id from unnest($1::uuid[]) as event (id) where id >= $2 order by id
         on conflict do nothing returning id";
    let noted: Vec<Uuid> = query_scalar(note)
        .bind(events)
        .bind(oldest)
        .fetch_all(db)
        .await?;
    Ok(noted.into_iter().collect())
}

/// The outbox of a database. A dispatch holds row locks on its events until they are off: other
/// relays pass over them, and when this one dies they are free again.
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
    async fn dispatch(&self, consumers: &[Arc<dyn Consumer>]) -> Result<usize, Fault> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        // Of each key the first alone, so that its second cannot overtake it in another relay.
        let oldest = "select seq, id, topic, key, payload, at from outbox as event
             where not exists (
               select from outbox where key = event.key and seq < event.seq)
             order by seq limit $1 for update skip locked";
        let rows: Vec<Row> = query_as(oldest)
            .bind(BATCH)
            .fetch_all(&mut *tx)
            .await
            .map_err(PostgresError::from)?;
        let taken: Vec<i64> = rows.iter().map(|row| row.seq).collect();
        let events: Vec<Event> = rows.into_iter().map(Row::event).collect::<Result<_, _>>()?;
        note_waiting(&events);
        if events.is_empty() {
            return Ok(0);
        }
        if let Err(fault) = deliver_to_all(&events, consumers).await {
            // Awaited, so that the rows are free for other relays when this one tells of its fault.
            tx.rollback().await?;
            return Err(fault);
        }
        query("delete from outbox where seq = any ($1)")
            .bind(taken)
            .execute(&mut *tx)
            .await
            .map_err(PostgresError::from)?;
        tx.commit().await?;
        Ok(events.len())
    }

    async fn listen(&self, on_append: &OnAppend) -> Fault {
        let Err(fault) = self.db.listen(CHANNEL, on_append).await;
        fault.into()
    }
}

#[derive(FromRow)]
struct Row {
    seq: i64,
    id: Uuid,
    topic: String,
    key: String,
    payload: String,
    at: i64,
}

impl Row {
    fn event(self) -> Result<Event, PostgresError> {
        Ok(Event {
            id: self.id,
            topic: self.topic,
            key: self.key,
            payload: self.payload,
            at: Timestamp::from_millisecond(self.at).map_err(|_| PostgresError::Corrupt("at"))?,
        })
    }
}
