//! notices.db in SQLite.

use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events::{remembered_from, sqlite::first_time},
    store::{Migration, Sqlite, StoreError},
};
use rusqlite::{OptionalExtension, Params, Row, params};
use uuid::Uuid;

use super::{Count, Dead, Due, Kept, Sealed, Store, time};
use crate::Error;

const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_create_letters",
        sql: include_str!("../../migrations/sqlite/0001_create_letters.sql"),
    },
    Migration {
        name: "0002_add_account",
        sql: include_str!("../../migrations/sqlite/0002_add_account.sql"),
    },
];

/// The adapter.
pub struct SqliteStore {
    db: Sqlite,
}

impl SqliteStore {
    /// Opens the file and migrates it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            db: Sqlite::open(path, MIGRATIONS)?,
        })
    }

    /// Writes one statement. How many rows it changed.
    async fn execute(
        &self,
        sql: &'static str,
        values: impl Params + Send + 'static,
    ) -> Result<usize, Error> {
        self.db
            .write(move |db| Ok(db.prepare_cached(sql)?.execute(values)?))
            .await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn take_in(&self, letters: &[Sealed]) -> Result<(), Error> {
        let letters = letters.to_vec();
        self.db
            .write(move |db| {
                let mut insert = db.prepare_cached(
                    "insert into letter (id, sealed, at, account, attempts, next_at)
                     select ?1, ?2, ?3, ?4, 0, 0
                     where not exists (
                       select 1 from departed where account = ?4 and event_id > ?1)",
                )?;
                for letter in letters {
                    if first_time(db, letter.id)? {
                        insert.execute(params![
                            letter.id,
                            letter.sealed,
                            letter.at.as_millisecond(),
                            letter.account,
                        ])?;
                    }
                }
                Ok(())
            })
            .await
    }

    async fn claim(&self, now: Timestamp, until: Timestamp) -> Result<Option<Due>, Error> {
        let claim = "update letter set attempts = attempts + 1, next_at = ?2
             where id = (
               select id from letter where dead_at is null and next_at <= ?1
               order by next_at, id limit 1)
             returning id, sealed, at, account, attempts";
        let claimed = self.db.write(move |db| {
            let mut claim = db.prepare_cached(claim)?;
            let values = [now.as_millisecond(), until.as_millisecond()];
            let row = claim.query_row(values, |row| Ok((letter(row)?, row.get(4)?)));
            Ok::<Option<(Sealed, i64)>, Error>(row.optional()?)
        });
        let claimed = claimed.await?;
        Ok(claimed.map(|(letter, attempts)| Due { letter, attempts }))
    }

    async fn forget(&self, id: Uuid) -> Result<(), Error> {
        let forget = "delete from letter where id = ?1";
        self.execute(forget, [id]).await.map(drop)
    }

    async fn put_off(&self, due: &Due, next: Timestamp, reason: &str) -> Result<(), Error> {
        let put_off = "update letter set next_at = ?3, reason = ?4 where id = ?1 and attempts = ?2";
        let next = next.as_millisecond();
        let values = (due.letter.id, due.attempts, next, reason.to_owned());
        self.execute(put_off, values).await.map(drop)
    }

    async fn give_up(&self, due: &Due, now: Timestamp, reason: &str) -> Result<(), Error> {
        let give_up = "update letter set dead_at = ?3, reason = ?4 where id = ?1 and attempts = ?2";
        let now = now.as_millisecond();
        let values = (due.letter.id, due.attempts, now, reason.to_owned());
        self.execute(give_up, values).await.map(drop)
    }

    async fn forget_account(&self, account: Uuid, event_id: Uuid) -> Result<(), Error> {
        self.db
            .write(move |db| {
                // So old that no letter of theirs is still on its way.
                db.prepare_cached("delete from departed where event_id < ?1")?
                    .execute([remembered_from()])?;
                db.prepare_cached(
                    "insert into departed (account, event_id) values (?1, ?2) on conflict do nothing",
                )?
                .execute([account, event_id])?;
                db.prepare_cached("delete from letter where account = ?1 and id < ?2")?
                    .execute([account, event_id])?;
                Ok(())
            })
            .await
    }

    async fn letters_of(&self, account: Uuid) -> Result<Vec<Kept>, Error> {
        self.db.read(|db| {
            let mut rows = db.prepare_cached(
                "select id, sealed, at, account, attempts, dead_at is not null from letter
                 where account = ?1 order by id",
            )?;
            let rows = rows.query_map([account], |row| {
                Ok(Kept {
                    letter: letter(row)?,
                    attempts: row.get(4)?,
                    is_dead: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    async fn dead(&self, limit: u32) -> Result<Vec<Dead>, Error> {
        let rows = self.db.read(|db| {
            let mut rows = db.prepare_cached(
                "select id, at, dead_at, attempts, reason from letter
                 where dead_at is not null order by id limit ?1",
            )?;
            let rows = rows.query_map([limit], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                ))
            })?;
            Ok::<Vec<(Uuid, i64, i64, i64, String)>, Error>(rows.collect::<Result<_, _>>()?)
        })?;
        let dead = rows.into_iter().map(|(id, at, dead_at, attempts, reason)| {
            Ok(Dead {
                id,
                at: time(at)?,
                dead_at: time(dead_at)?,
                attempts,
                reason,
            })
        });
        dead.collect()
    }

    async fn revive(&self, now: Timestamp) -> Result<u64, Error> {
        let revive = "update letter set dead_at = null, attempts = 0, next_at = ?1
             where dead_at is not null";
        let revived = self.execute(revive, [now.as_millisecond()]).await?;
        Ok(revived as u64)
    }

    async fn bury(&self, before: Timestamp) -> Result<(), Error> {
        let bury = "delete from letter where dead_at < ?1";
        self.execute(bury, [before.as_millisecond()])
            .await
            .map(drop)
    }

    async fn count(&self) -> Result<Count, Error> {
        let (waiting, oldest, dead) = self.db.read(|db| {
            let mut count = db.prepare_cached(
                "select count(*) filter (where dead_at is null),
                   min(at) filter (where dead_at is null), count(dead_at) from letter",
            )?;
            let row = count.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            Ok::<(i64, Option<i64>, i64), Error>(row?)
        })?;
        Ok(Count {
            waiting,
            oldest: oldest.map(time).transpose()?,
            dead,
        })
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

/// The first four columns.
fn letter(row: &Row<'_>) -> Result<Sealed, rusqlite::Error> {
    Ok(Sealed {
        id: row.get(0)?,
        sealed: row.get(1)?,
        at: Timestamp::from_millisecond(row.get(2)?).unwrap_or_default(),
        account: row.get(3)?,
    })
}
