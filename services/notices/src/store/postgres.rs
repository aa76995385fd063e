//! notices.db in PostgreSQL.

use std::collections::HashSet;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events::{postgres::first_times, remembered_from},
    store::{Connection, Postgres, PostgresUrl, StoreError},
};
use sqlx::{migrate, query};
use uuid::Uuid;

use super::{Count, Dead, Due, Kept, Sealed, Store, time};
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
        for letter in letters {
            // One may come twice in one batch.
            if !new.remove(&letter.id) {
                continue;
            }
            if let Some(account) = letter.account {
                lock_account(&mut tx, account).await?;
            }
            let insert = query!(
                "insert into letter (id, sealed, at, account, attempts, next_at)
                 select $1::uuid, $2::text, $3::bigint, $4::uuid, 0, 0
                 where not exists (
                   select from departed where account = $4 and event_id > $1)",
                letter.id,
                letter.sealed.as_str(),
                letter.at.as_millisecond(),
                letter.account
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
             returning id, sealed, at, account, attempts",
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
                account: row.account,
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

    async fn forget_account(&self, account: Uuid, event_id: Uuid) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock_account(&mut tx, account).await?;
        // So old that no letter of theirs is still on its way.
        let long_gone = query!(
            "delete from departed where event_id < $1",
            remembered_from()
        );
        long_gone.execute(&mut *tx).await?;
        let departed = query!(
            "insert into departed (account, event_id) values ($1, $2) on conflict do nothing",
            account,
            event_id
        );
        departed.execute(&mut *tx).await?;
        let letters = query!(
            "delete from letter where account = $1 and id < $2",
            account,
            event_id
        );
        letters.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    async fn letters_of(&self, account: Uuid) -> Result<Vec<Kept>, Error> {
        let letters = query!(
            r#"select id, sealed, at, account, attempts, dead_at is not null as "is_dead!"
               from letter where account = $1 order by id"#,
            account
        );
        let rows = letters.fetch_all(&mut *self.db.get().await?).await?;
        let kept = rows.into_iter().map(|row| {
            Ok(Kept {
                letter: Sealed {
                    id: row.id,
                    sealed: row.sealed,
                    at: time(row.at)?,
                    account: row.account,
                },
                attempts: row.attempts,
                is_dead: row.is_dead,
            })
        });
        kept.collect()
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

/// A letter that is taken in while its account is forgotten is seen by whoever comes second.
async fn lock_account(db: &mut Connection, account: Uuid) -> Result<(), Error> {
    let lock = query!(
        "select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))",
        account
    );
    lock.execute(db).await?;
    Ok(())
}
