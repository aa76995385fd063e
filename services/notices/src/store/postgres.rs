//! notices.db in PostgreSQL.

use std::collections::HashSet;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events::postgres::first_times,
    store::{Postgres, PostgresUrl, StoreError},
};
use sqlx::{migrate, query};
use uuid::Uuid;

use super::{Count, Dead, Due, Sealed, Store, time};
use crate::Error;

/// The adapter.
pub struct PostgresStore {
    db: Postgres,
}

impl PostgresStore {
    /// Connects and migrates.
    pub async fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        Ok(Self {
            db: Postgres::open(url, migrate!("migrations/postgres")).await?,
        })
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn take_in(&self, letters: &[Sealed]) -> Result<(), Error> {
        let ids: Vec<Uuid> = letters.iter().map(|letter| letter.id).collect();
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        let mut new: HashSet<Uuid> = first_times(&mut tx, &ids).await?;
        for Sealed { id, sealed, at } in letters {
            // One may come twice in one batch.
            if !new.remove(id) {
                continue;
            }
            let insert = query!(
                "insert into letter (id, sealed, at, attempts, next_at) values ($1, $2, $3, 0, 0)",
                *id,
                sealed.as_str(),
                at.as_millisecond()
            );
            insert.execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn claim(&self, now: Timestamp, until: Timestamp) -> Result<Option<Due>, Error> {
        let claim = query!(
            "update letter set attempts = attempts + 1, next_at = $2
             where id = (
               select id from letter where dead_at is null and next_at <= $1
               order by next_at, id limit 1 for update skip locked)
             returning id, sealed, at, attempts",
            now.as_millisecond(),
            until.as_millisecond()
        );
        let claimed = claim.fetch_optional(&mut *self.db.get().await?).await?;
        let Some(row) = claimed else {
            return Ok(None);
        };
        Ok(Some(Due {
            letter: Sealed {
                id: row.id,
                sealed: row.sealed,
                at: time(row.at)?,
            },
            attempts: row.attempts,
        }))
    }

    async fn forget(&self, id: Uuid) -> Result<(), Error> {
        let forget = query!("delete from letter where id = $1", id);
        forget.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }

    async fn put_off(&self, due: &Due, next: Timestamp, reason: &str) -> Result<(), Error> {
        let put_off = query!(
            "update letter set next_at = $3, reason = $4 where id = $1 and attempts = $2",
            due.letter.id,
            due.attempts,
            next.as_millisecond(),
            reason
        );
        put_off.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }

    async fn give_up(&self, due: &Due, now: Timestamp, reason: &str) -> Result<(), Error> {
        let give_up = query!(
            "update letter set dead_at = $3, reason = $4 where id = $1 and attempts = $2",
            due.letter.id,
            due.attempts,
            now.as_millisecond(),
            reason
        );
        give_up.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }

    async fn dead(&self, limit: u32) -> Result<Vec<Dead>, Error> {
        let dead = query!(
            r#"select id, at, dead_at as "dead_at!", attempts, reason as "reason!" from letter
               where dead_at is not null order by id limit $1"#,
            i64::from(limit)
        );
        let rows = dead.fetch_all(&mut *self.db.get().await?).await?;
        let dead = rows.into_iter().map(|row| {
            Ok(Dead {
                id: row.id,
                at: time(row.at)?,
                dead_at: time(row.dead_at)?,
                attempts: row.attempts,
                reason: row.reason,
            })
        });
        dead.collect()
    }

    async fn revive(&self, now: Timestamp) -> Result<u64, Error> {
        let revive = query!(
            "update letter set dead_at = null, attempts = 0, next_at = $1
             where dead_at is not null",
            now.as_millisecond()
        );
        let revived = revive.execute(&mut *self.db.get().await?).await?;
        Ok(revived.rows_affected())
    }

    async fn bury(&self, before: Timestamp) -> Result<(), Error> {
        let bury = query!(
            "delete from letter where dead_at < $1",
            before.as_millisecond()
        );
        bury.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }

    async fn count(&self) -> Result<Count, Error> {
        let count = query!(
            r#"select count(*) filter (where dead_at is null) as "waiting!",
                 min(at) filter (where dead_at is null) as oldest, count(dead_at) as "dead!"
               from letter"#
        );
        let row = count.fetch_one(&mut *self.db.get().await?).await?;
        Ok(Count {
            waiting: row.waiting,
            oldest: row.oldest.map(time).transpose()?,
            dead: row.dead,
        })
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}
