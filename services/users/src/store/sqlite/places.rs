//! The sessions of a user in SQLite.

use std::slice;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::events::Event;
use rusqlite::params;
use uuid::Uuid;

use super::{SqliteStore, end, events::insert_events};
use crate::{Error, device::Device, session::Place, store::Places};

#[async_trait]
impl Places for SqliteStore {
    async fn list_places(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Place>, Error> {
        self.db.read(|db| {
            let mut rows = db.prepare_cached(
                "select family, device, network, issued_at from session
                 where user_id = ?1 and used_at is null and expires_at > ?2
                 order by issued_at desc, family desc",
            )?;
            let rows = rows.query_map(params![user_id, now.as_millisecond()], |row| {
                Ok(Place {
                    family: row.get(0)?,
                    device: Device {
                        name: row.get(1)?,
                        network: row.get(2)?,
                    },
                    used_at: Timestamp::from_millisecond(row.get(3)?).unwrap_or_default(),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    async fn end_place(&self, user_id: Uuid, family: Uuid) -> Result<(), Error> {
        self.write_with_events(move |db| {
            let sql = "select 1 from session where user_id = ?1 and family = ?2";
            if !db.prepare_cached(sql)?.exists([user_id, family])? {
                return Err(Error::NotFound);
            }
            let sql = "delete from session where user_id = ?1 and family = ?2 returning family";
            Ok(end(db, sql, [user_id, family])?)
        })
        .await
    }

    async fn end_places(&self, user_id: Uuid, but: Option<Uuid>) -> Result<(), Error> {
        self.write_with_events(move |db| Ok(end(db, OTHERS, params![user_id, but])?))
            .await
    }

    async fn change_password(
        &self,
        user_id: Uuid,
        password_hash: &str,
        but: Option<Uuid>,
        event: Event,
    ) -> Result<(), Error> {
        let hash = password_hash.to_owned();
        self.write_with_events(move |db| {
            db.prepare_cached("update user set password_hash = ?2 where id = ?1")?
                .execute(params![user_id, hash])?;
            end(db, OTHERS, params![user_id, but])?;
            Ok(insert_events(db, slice::from_ref(&event))?)
        })
        .await
    }
}

/// All sessions of a user, but one.
const OTHERS: &str = "delete from session where user_id = ?1 and family is not ?2 returning family";
