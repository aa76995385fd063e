//! Second factors in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use kit::events::Event;
use rusqlite::{Connection, OptionalExtension, Row, ffi::SQLITE_CONSTRAINT_UNIQUE, params};
use uuid::Uuid;

use super::{SqliteStore, breaks, events::insert_events, of_an_account};
use crate::{
    Error,
    passkey::{MAX_PASSKEYS, Passkey},
    recovery::CodeHash,
    store::{Factors, SecondFactors},
    totp::App,
    user::Name,
};

const PASSKEY: &str = "id, user_id, credential_id, credential, counter, name, added_at, used_at";

#[async_trait]
impl SecondFactors for SqliteStore {
    async fn has_second_factor(&self, user_id: Uuid) -> Result<bool, Error> {
        self.db.read(|db| Ok(has_second_factor(db, user_id)?))
    }

    async fn list_factors(&self, user_id: Uuid) -> Result<Factors, Error> {
        self.db.read(|db| {
            let totp_added_at = db
                .prepare_cached("select added_at from totp where user_id = ?1")?
                .query_row([user_id], |row| row.get(0))
                .optional()?;
            let recovery_codes = db
                .prepare_cached("select count(*) from recovery_code where user_id = ?1")?
                .query_row([user_id], |row| row.get(0))?;
            let sql = format!("select {PASSKEY} from passkey where user_id = ?1 order by id");
            let mut rows = db.prepare_cached(&sql)?;
            let passkeys = rows.query_map([user_id], passkey)?;
            Ok(Factors {
                totp_added_at: totp_added_at.map(time),
                recovery_codes,
                passkeys: passkeys.collect::<Result<_, _>>()?,
            })
        })
    }

    async fn find_totp(&self, user_id: Uuid) -> Result<Option<Vec<u8>>, Error> {
        self.db.read(|db| {
            let mut rows = db.prepare_cached("select secret from totp where user_id = ?1")?;
            Ok(rows.query_row([user_id], |row| row.get(0)).optional()?)
        })
    }

    async fn set_totp(&self, app: App, codes: &[CodeHash], notice: Event) -> Result<bool, Error> {
        let codes = codes.to_vec();
        self.write_with_events(move |db| {
            let sql = "insert into totp (user_id, secret, last_step, added_at)
                       values (?1, ?2, ?3, ?4)
                       on conflict (user_id) do update
                         set secret = ?2, last_step = ?3, added_at = ?4";
            let added_at = app.added_at.as_millisecond();
            let mut set = db.prepare_cached(sql)?;
            let app_of = params![app.user_id, app.secret, app.last_step, added_at];
            of_an_account(set.execute(app_of))?;
            insert_events(db, &[notice])?;
            Ok(keep_first_codes(db, app.user_id, &codes)?)
        })
        .await
    }

    async fn use_totp_step(&self, user_id: Uuid, step: i64) -> Result<bool, Error> {
        self.db
            .write(move |db| {
                let used = db
                    .prepare_cached(
                        "update totp set last_step = ?2 where user_id = ?1 and last_step < ?2",
                    )?
                    .execute(params![user_id, step])?;
                Ok(used == 1)
            })
            .await
    }

    async fn delete_totp(&self, user_id: Uuid, notice: Event) -> Result<(), Error> {
        self.write_with_events(move |db| {
            let deleted = db
                .prepare_cached("delete from totp where user_id = ?1")?
                .execute([user_id])?;
            forget_last_codes(db, user_id)?;
            insert_events(db, &[notice])?;
            found(deleted)
        })
        .await
    }

    async fn replace_recovery_codes(
        &self,
        user_id: Uuid,
        codes: &[CodeHash],
        notice: Event,
    ) -> Result<(), Error> {
        let codes = codes.to_vec();
        self.write_with_events(move |db| {
            if !has_second_factor(db, user_id)? {
                return Err(Error::NotFound);
            }
            delete_codes(db, user_id)?;
            insert_events(db, &[notice])?;
            Ok(insert_codes(db, user_id, &codes)?)
        })
        .await
    }

    async fn use_recovery_code(&self, user_id: Uuid, code: &CodeHash) -> Result<bool, Error> {
        let code = code.clone();
        self.db
            .write(move |db| {
                let used = db
                    .prepare_cached(
                        "delete from recovery_code where user_id = ?1 and code_hash = ?2",
                    )?
                    .execute(params![user_id, code.0])?;
                Ok(used == 1)
            })
            .await
    }

    async fn insert_passkey(
        &self,
        passkey: &Passkey,
        codes: &[CodeHash],
        notice: Event,
    ) -> Result<bool, Error> {
        let (passkey, codes) = (passkey.clone(), codes.to_vec());
        self.write_with_events(move |db| {
            let inserted = db
                .prepare_cached(
                    "insert into passkey
                           (id, user_id, credential_id, credential, counter, name, added_at)
                         select ?1, ?2, ?3, ?4, ?5, ?6, ?7
                         where (select count(*) from passkey where user_id = ?2) < ?8",
                )?
                .execute(params![
                    passkey.id,
                    passkey.user_id,
                    passkey.credential_id,
                    passkey.credential,
                    passkey.counter,
                    passkey.name.as_str(),
                    passkey.added_at.as_millisecond(),
                    MAX_PASSKEYS,
                ]);
            match inserted {
                Ok(0) => Err(Error::TooManyPasskeys),
                Err(fault) if breaks(&fault, SQLITE_CONSTRAINT_UNIQUE) => {
                    Err(Error::PasskeyRefused("it is known already".into()))
                }
                inserted => {
                    of_an_account(inserted)?;
                    insert_events(db, &[notice])?;
                    Ok(keep_first_codes(db, passkey.user_id, &codes)?)
                }
            }
        })
        .await
    }

    async fn find_passkey(&self, credential_id: &[u8]) -> Result<Option<Passkey>, Error> {
        self.db.read(|db| {
            let sql = format!("select {PASSKEY} from passkey where credential_id = ?1");
            let mut rows = db.prepare_cached(&sql)?;
            Ok(rows.query_row([credential_id], passkey).optional()?)
        })
    }

    async fn use_passkey(&self, id: Uuid, counter: u32, now: Timestamp) -> Result<bool, Error> {
        self.db
            .write(move |db| {
                let used = db
                    .prepare_cached(
                        "update passkey set counter = ?2, used_at = ?3
                         where id = ?1 and (counter < ?2 or (counter = 0 and ?2 = 0))",
                    )?
                    .execute(params![id, counter, now.as_millisecond()])?;
                Ok(used == 1)
            })
            .await
    }

    async fn rename_passkey(&self, user_id: Uuid, id: Uuid, name: &Name) -> Result<(), Error> {
        let name = name.clone();
        self.db
            .write(move |db| {
                let renamed = db
                    .prepare_cached("update passkey set name = ?3 where id = ?1 and user_id = ?2")?
                    .execute(params![id, user_id, name.as_str()])?;
                found(renamed)
            })
            .await
    }

    async fn delete_passkey(&self, user_id: Uuid, id: Uuid, notice: Event) -> Result<(), Error> {
        self.write_with_events(move |db| {
            let deleted = db
                .prepare_cached("delete from passkey where id = ?1 and user_id = ?2")?
                .execute([id, user_id])?;
            forget_last_codes(db, user_id)?;
            insert_events(db, &[notice])?;
            found(deleted)
        })
        .await
    }

    async fn use_challenge(&self, hash: &[u8], expires_at: Timestamp) -> Result<bool, Error> {
        let hash = hash.to_vec();
        self.db
            .write(move |db| {
                let used = db
                    .prepare_cached(
                        "insert into used_challenge (hash, expires_at) values (?1, ?2)
                         on conflict do nothing",
                    )?
                    .execute(params![hash, expires_at.as_millisecond()])?;
                Ok(used == 1)
            })
            .await
    }

    async fn delete_expired_challenges(&self, now: Timestamp) -> Result<(), Error> {
        self.db
            .write(move |db| {
                db.prepare_cached("delete from used_challenge where expires_at <= ?1")?
                    .execute([now.as_millisecond()])?;
                Ok(())
            })
            .await
    }
}

fn has_second_factor(db: &Connection, user_id: Uuid) -> Result<bool, rusqlite::Error> {
    db.prepare_cached(
        "select exists (select 1 from totp where user_id = ?1)
             or exists (select 1 from passkey where user_id = ?1)",
    )?
    .query_row([user_id], |row| row.get(0))
}

/// Keeps the codes where the user has none: whether they were.
fn keep_first_codes(
    db: &Connection,
    user_id: Uuid,
    codes: &[CodeHash],
) -> Result<bool, rusqlite::Error> {
    let has_codes: bool = db
        .prepare_cached("select exists (select 1 from recovery_code where user_id = ?1)")?
        .query_row([user_id], |row| row.get(0))?;
    if !has_codes {
        insert_codes(db, user_id, codes)?;
    }
    Ok(!has_codes)
}

fn insert_codes(db: &Connection, user_id: Uuid, codes: &[CodeHash]) -> Result<(), rusqlite::Error> {
    let sql = "insert into recovery_code (user_id, code_hash) values (?1, ?2)";
    let mut insert = db.prepare_cached(sql)?;
    let mut codes = codes.iter();
    codes.try_for_each(|code| insert.execute(params![user_id, code.0]).map(drop))
}

/// Without a factor there is nothing to recover from.
fn forget_last_codes(db: &Connection, user_id: Uuid) -> Result<(), rusqlite::Error> {
    match has_second_factor(db, user_id)? {
        true => Ok(()),
        false => delete_codes(db, user_id),
    }
}

fn delete_codes(db: &Connection, user_id: Uuid) -> Result<(), rusqlite::Error> {
    db.prepare_cached("delete from recovery_code where user_id = ?1")?
        .execute([user_id])
        .map(drop)
}

fn found(rows: usize) -> Result<(), Error> {
    (rows == 1).then_some(()).ok_or(Error::NotFound)
}

fn passkey(row: &Row<'_>) -> Result<Passkey, rusqlite::Error> {
    Ok(Passkey {
        id: row.get(0)?,
        user_id: row.get(1)?,
        credential_id: row.get(2)?,
        credential: row.get(3)?,
        counter: row.get(4)?,
        name: Name::stored(row.get(5)?),
        added_at: time(row.get(6)?),
        used_at: row.get::<_, Option<_>>(7)?.map(time),
    })
}

pub(super) fn time(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH)
}
