//! Second factors in PostgreSQL. Whoever adds or removes one locks the row of the user first: two
//! first factors at once would both bring recovery codes, and two last ones leave them behind.

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events::Event,
    store::{Connection, PostgresError},
};
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{PostgresStore, events::insert_events, found};
use crate::{
    Error,
    passkey::{MAX_PASSKEYS, Passkey},
    recovery::CodeHash,
    store::{Factors, SecondFactors},
    totp::App,
    user::Name,
};

#[async_trait]
impl SecondFactors for PostgresStore {
    async fn has_second_factor(&self, user_id: Uuid) -> Result<bool, Error> {
        has_second_factor(&mut *self.db.get().await?, user_id).await
    }

    async fn list_factors(&self, user_id: Uuid) -> Result<Factors, Error> {
        let mut db = self.db.get().await?;
        let totp = query_scalar!("select added_at from totp where user_id = $1", user_id);
        let totp_added_at = totp.fetch_optional(&mut *db).await?.map(time);
        let codes = query_scalar!(
            r#"select count(*) as "count!" from recovery_code where user_id = $1"#,
            user_id
        );
        let recovery_codes = codes.fetch_one(&mut *db).await?;
        let passkeys = query_as!(
            PasskeyRow,
            "select id, user_id, credential_id, credential, counter, name, added_at, used_at
             from passkey where user_id = $1 order by id",
            user_id
        );
        let passkeys = passkeys.fetch_all(&mut *db).await?;
        Ok(Factors {
            totp_added_at,
            recovery_codes,
            passkeys: passkeys.into_iter().map(Passkey::from).collect(),
        })
    }

    async fn find_totp(&self, user_id: Uuid) -> Result<Option<Vec<u8>>, Error> {
        let secret = query_scalar!("select secret from totp where user_id = $1", user_id);
        Ok(secret.fetch_optional(&mut *self.db.get().await?).await?)
    }

    async fn set_totp(&self, app: App, codes: &[CodeHash], notice: Event) -> Result<bool, Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock(&mut tx, app.user_id).await?;
        let set = query!(
            "insert into totp (user_id, secret, last_step, added_at) values ($1, $2, $3, $4)
             on conflict (user_id) do update set secret = $2, last_step = $3, added_at = $4",
            app.user_id,
            app.secret,
            app.last_step,
            app.added_at.as_millisecond()
        );
        set.execute(&mut *tx).await?;
        let kept = keep_first_codes(&mut tx, app.user_id, codes).await?;
        insert_events(&mut tx, &[notice]).await?;
        tx.commit().await?;
        Ok(kept)
    }

    async fn use_totp_step(&self, user_id: Uuid, step: i64) -> Result<bool, Error> {
        let update = query!(
            "update totp set last_step = $2 where user_id = $1 and last_step < $2",
            user_id,
            step
        );
        let used = update.execute(&mut *self.db.get().await?).await?;
        Ok(used.rows_affected() == 1)
    }

    async fn delete_totp(&self, user_id: Uuid, notice: Event) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock(&mut tx, user_id).await?;
        let delete = query!("delete from totp where user_id = $1", user_id);
        found(delete.execute(&mut *tx).await?.rows_affected())?;
        forget_last_codes(&mut tx, user_id).await?;
        insert_events(&mut tx, &[notice]).await?;
        Ok(tx.commit().await?)
    }

    async fn replace_recovery_codes(
        &self,
        user_id: Uuid,
        codes: &[CodeHash],
        notice: Event,
    ) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock(&mut tx, user_id).await?;
        if !has_second_factor(&mut tx, user_id).await? {
            return Err(Error::NotFound);
        }
        delete_codes(&mut tx, user_id).await?;
        insert_codes(&mut tx, user_id, codes).await?;
        insert_events(&mut tx, &[notice]).await?;
        Ok(tx.commit().await?)
    }

    async fn use_recovery_code(&self, user_id: Uuid, code: &CodeHash) -> Result<bool, Error> {
        let delete = query!(
            "delete from recovery_code where user_id = $1 and code_hash = $2",
            user_id,
            code.0
        );
        let deleted = delete.execute(&mut *self.db.get().await?).await?;
        Ok(deleted.rows_affected() == 1)
    }

    async fn insert_passkey(
        &self,
        passkey: &Passkey,
        codes: &[CodeHash],
        notice: Event,
    ) -> Result<bool, Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock(&mut tx, passkey.user_id).await?;
        let insert = query!(
            "insert into passkey
               (id, user_id, credential_id, credential, counter, name, added_at)
             select $1, $2, $3, $4, $5, $6, $7
             where (select count(*) from passkey where user_id = $2) < $8",
            passkey.id,
            passkey.user_id,
            passkey.credential_id,
            passkey.credential,
            i64::from(passkey.counter),
            passkey.name.as_str(),
            passkey.added_at.as_millisecond(),
            MAX_PASSKEYS
        );
        let inserted = insert.execute(&mut *tx).await;
        match inserted.map_err(PostgresError::from) {
            Err(fault) if fault.breaks("passkey_credential_id") => {
                return Err(Error::PasskeyRefused("it is known already".into()));
            }
            Err(fault) => return Err(fault.into()),
            Ok(done) if done.rows_affected() == 0 => return Err(Error::TooManyPasskeys),
            Ok(_) => {}
        }
        let kept = keep_first_codes(&mut tx, passkey.user_id, codes).await?;
        insert_events(&mut tx, &[notice]).await?;
        tx.commit().await?;
        Ok(kept)
    }

    async fn find_passkey(&self, credential_id: &[u8]) -> Result<Option<Passkey>, Error> {
        let row = query_as!(
            PasskeyRow,
            "select id, user_id, credential_id, credential, counter, name, added_at, used_at
             from passkey where credential_id = $1",
            credential_id
        );
        let row = row.fetch_optional(&mut *self.db.get().await?).await?;
        Ok(row.map(Passkey::from))
    }

    async fn use_passkey(&self, id: Uuid, counter: u32, now: Timestamp) -> Result<bool, Error> {
        let update = query!(
            "update passkey set counter = $2, used_at = $3
             where id = $1 and (counter < $2 or (counter = 0 and $2 = 0))",
            id,
            i64::from(counter),
            now.as_millisecond()
        );
        let used = update.execute(&mut *self.db.get().await?).await?;
        Ok(used.rows_affected() == 1)
    }

    async fn rename_passkey(&self, user_id: Uuid, id: Uuid, name: &Name) -> Result<(), Error> {
        let rename = query!(
            "update passkey set name = $3 where id = $1 and user_id = $2",
            id,
            user_id,
            name.as_str()
        );
        let renamed = rename.execute(&mut *self.db.get().await?).await?;
        found(renamed.rows_affected())
    }

    async fn delete_passkey(&self, user_id: Uuid, id: Uuid, notice: Event) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock(&mut tx, user_id).await?;
        let delete = query!(
            "delete from passkey where id = $1 and user_id = $2",
            id,
            user_id
        );
        found(delete.execute(&mut *tx).await?.rows_affected())?;
        forget_last_codes(&mut tx, user_id).await?;
        insert_events(&mut tx, &[notice]).await?;
        Ok(tx.commit().await?)
    }

    async fn use_challenge(&self, hash: &[u8], expires_at: Timestamp) -> Result<bool, Error> {
        let insert = query!(
            "insert into used_challenge (hash, expires_at) values ($1, $2)
             on conflict do nothing",
            hash,
            expires_at.as_millisecond()
        );
        let inserted = insert.execute(&mut *self.db.get().await?).await?;
        Ok(inserted.rows_affected() == 1)
    }

    async fn delete_expired_challenges(&self, now: Timestamp) -> Result<(), Error> {
        let delete = query!(
            "delete from used_challenge where expires_at <= $1",
            now.as_millisecond()
        );
        delete.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }
}

/// Locks the user's row until the transaction ends.
pub(super) async fn lock(tx: &mut Connection, user_id: Uuid) -> Result<(), Error> {
    let user = query_scalar!(
        r#"select id from "user" where id = $1 for no key update"#,
        user_id
    );
    user.fetch_optional(tx).await?.ok_or(Error::NotFound)?;
    Ok(())
}

async fn has_second_factor(db: &mut Connection, user_id: Uuid) -> Result<bool, Error> {
    let has = query_scalar!(
        r#"select exists (select 1 from totp where user_id = $1)
               or exists (select 1 from passkey where user_id = $1) as "has!""#,
        user_id
    );
    Ok(has.fetch_one(db).await?)
}

/// Keeps the codes where the user has none: whether they were.
async fn keep_first_codes(
    tx: &mut Connection,
    user_id: Uuid,
    codes: &[CodeHash],
) -> Result<bool, Error> {
    let has_codes = query_scalar!(
        r#"select exists (select 1 from recovery_code where user_id = $1) as "has!""#,
        user_id
    );
    let has_codes = has_codes.fetch_one(&mut *tx).await?;
    if !has_codes {
        insert_codes(tx, user_id, codes).await?;
    }
    Ok(!has_codes)
}

async fn insert_codes(tx: &mut Connection, user_id: Uuid, codes: &[CodeHash]) -> Result<(), Error> {
    for code in codes {
        let insert = query!(
            "insert into recovery_code (user_id, code_hash) values ($1, $2)",
            user_id,
            code.0
        );
        insert.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Without a factor there is nothing to recover from.
async fn forget_last_codes(tx: &mut Connection, user_id: Uuid) -> Result<(), Error> {
    match has_second_factor(&mut *tx, user_id).await? {
        true => Ok(()),
        false => delete_codes(tx, user_id).await,
    }
}

async fn delete_codes(tx: &mut Connection, user_id: Uuid) -> Result<(), Error> {
    let delete = query!("delete from recovery_code where user_id = $1", user_id);
    delete.execute(tx).await?;
    Ok(())
}

struct PasskeyRow {
    id: Uuid,
    user_id: Uuid,
    credential_id: Vec<u8>,
    credential: String,
    counter: i64,
    name: String,
    added_at: i64,
    used_at: Option<i64>,
}

impl From<PasskeyRow> for Passkey {
    fn from(row: PasskeyRow) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            credential_id: row.credential_id,
            credential: row.credential,
            counter: u32::try_from(row.counter).unwrap_or(u32::MAX),
            name: Name::stored(row.name),
            added_at: time(row.added_at),
            used_at: row.used_at.map(time),
        }
    }
}

pub(super) fn time(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH)
}
