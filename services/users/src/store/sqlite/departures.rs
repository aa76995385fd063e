//! People who leave, or ask what is kept of them, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::params;
use uuid::Uuid;

use super::{SqliteStore, end, events::insert_events, select_user};
use crate::{
    Error,
    store::{Departures, KeptLink, Managers, Tell, departures::deleted},
};

/// What hangs on an account, but for its sessions.
const HANGS_ON_IT: [&str; 5] = [
    "delete from address where user_id = ?1",
    "delete from totp where user_id = ?1",
    "delete from recovery_code where user_id = ?1",
    "delete from passkey where user_id = ?1",
    "delete from link where user_id = ?1",
];

#[async_trait]
impl Departures for SqliteStore {
    async fn delete_user(&self, id: Uuid, managers: Managers, tell: Tell) -> Result<(), Error> {
        self.write_with_events(move |db| {
            let user = select_user(db, id)?.ok_or(Error::NotFound)?;
            let others = "select 1 from user where is_manager and id <> ?1";
            if user.is_manager
                && managers == Managers::OneStays
                && !db.prepare_cached(others)?.exists([id])?
            {
                return Err(Error::LastManager);
            }
            let sessions = "delete from session where user_id = ?1 returning family";
            end(db, sessions, [id])?;
            for sql in HANGS_ON_IT {
                db.prepare_cached(sql)?.execute([id])?;
            }
            // Of when the address had no account yet.
            db.prepare_cached("delete from link where email = ?1")?
                .execute([user.email.as_str()])?;
            db.prepare_cached("delete from user where id = ?1")?
                .execute([id])?;
            Ok(insert_events(db, &[deleted(id), tell(&user)])?)
        })
        .await
    }

    async fn links_of(&self, user_id: Uuid) -> Result<Vec<KeptLink>, Error> {
        self.db.read(|db| {
            let mut rows = db.prepare_cached(
                "select purpose, email, expires_at from link where user_id = ?1
                 order by expires_at, purpose",
            )?;
            let rows = rows.query_map(params![user_id], |row| {
                Ok(KeptLink {
                    purpose: row.get(0)?,
                    email: row.get(1)?,
                    expires_at: Timestamp::from_millisecond(row.get(2)?).unwrap_or_default(),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
