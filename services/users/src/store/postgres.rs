//! users.db in PostgreSQL.
//!
//! Two rotations of one family, or a rotation and the end of it, must not pass each other: a row
//! that one of them adds is invisible to the other's delete. And two that add to one address book
//! would both see room for the last address. So whoever rotates or ends a family, or adds an
//! address, first locks the row of the user, and reads after that.

mod addresses;
mod departures;
mod events;
mod links;
mod mirror;
mod people;
mod places;
mod providers;
mod second_factors;

use std::{collections::BTreeSet, slice};

use async_trait::async_trait;
use jiff::Timestamp;
use kit::store::{Connection, Postgres, PostgresError, PostgresUrl, StoreError};
use sqlx::{migrate, query, query_as, query_scalar};
use uuid::Uuid;

use self::events::insert_events;
use super::{Rotation, Store, Tell};
use crate::{
    Error,
    proof::Proof,
    session::{Lives, MAX_SESSIONS, RefreshToken, Seed, Session, TokenHash, ended, may_repeat},
    user::{Email, Name, User},
};

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
    async fn insert_user(&self, user: &User, password_hash: &str) -> Result<(), Error> {
        insert_user(&mut *self.db.get().await?, user, password_hash).await
    }

    async fn find_credentials(&self, email: &Email) -> Result<Option<(User, String)>, Error> {
        let found = query!(
            r#"select id, email, name, is_staff, is_manager, created_at, password_hash
               from "user" where email = $1"#,
            email.as_str()
        );
        let Some(row) = found.fetch_optional(&mut *self.db.get().await?).await? else {
            return Ok(None);
        };
        let user = UserRow {
            id: row.id,
            email: row.email,
            name: row.name,
            is_staff: row.is_staff,
            is_manager: row.is_manager,
            created_at: row.created_at,
        };
        Ok(Some((user.try_into()?, row.password_hash)))
    }

    async fn find_user(&self, id: Uuid) -> Result<Option<User>, Error> {
        let row = query_as!(
            UserRow,
            r#"select id, email, name, is_staff, is_manager, created_at from "user" where id = $1"#,
            id
        );
        let row = row.fetch_optional(&mut *self.db.get().await?).await?;
        Ok(row.map(User::try_from).transpose()?)
    }

    async fn rename_user(&self, id: Uuid, name: &Name) -> Result<Option<User>, Error> {
        let row = query_as!(
            UserRow,
            r#"update "user" set name = $2, folded_name = $3 where id = $1
               returning id, email, name, is_staff, is_manager, created_at"#,
            id,
            name.as_str(),
            name.folded()
        );
        let row = row.fetch_optional(&mut *self.db.get().await?).await?;
        Ok(row.map(User::try_from).transpose()?)
    }

    async fn set_password(&self, email: &Email, password_hash: &str) -> Result<(), Error> {
        let update = query!(
            r#"update "user" set password_hash = $2 where email = $1"#,
            email.as_str(),
            password_hash
        );
        update.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }

    async fn insert_session(&self, session: &Session) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        let lock = query_scalar!(
            r#"select id from "user" where id = $1 for no key update"#,
            session.user_id
        );
        let owner = lock.fetch_optional(&mut *tx).await?;
        owner.ok_or(Error::WrongCredentials)?;
        let insert = query!(
            "insert into session (token_hash, family, user_id, proven_by, proven_at, device, network,
               issued_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            session.token.0,
            session.family,
            session.user_id,
            session.proof.method.as_str(),
            session.proof.at.as_millisecond(),
            session.device.name,
            session.device.network,
            session.issued_at.as_millisecond(),
            session.expires_at.as_millisecond()
        );
        insert.execute(&mut *tx).await?;
        // One that is not used up stands for its session.
        let too_many = query_scalar!(
            "delete from session where family in
               (select family from session where user_id = $1 and used_at is null
                order by issued_at desc, family desc offset $2)
             returning family",
            session.user_id,
            MAX_SESSIONS
        );
        let too_many = too_many.fetch_all(&mut *tx).await?;
        tell_of_ended(&mut tx, too_many).await?;
        Ok(tx.commit().await?)
    }

    async fn rotate_session(
        &self,
        old: &RefreshToken,
        lives: Lives,
        now: Timestamp,
        tell: Tell,
    ) -> Result<Rotation, Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        let Some(user) = lock_owner(&mut tx, &old.hash()).await? else {
            return Ok(Rotation::Unknown);
        };
        let Some(found) = find_session(&mut tx, old, now).await? else {
            return Ok(Rotation::Unknown);
        };
        let proof = Proof::stored(&found.proven_by, found.proven_at);
        let used_at = found.used_at.map(Timestamp::from_millisecond);
        let rotation = match (used_at, found.successor_seed) {
            (None, _) => {
                let end = lives.end(found.family, now);
                let next = rotate(&mut tx, old, end, now).await?;
                Rotation::Rotated(user, found.family, next, proof)
            }
            (Some(Ok(used_at)), Some(seed)) if may_repeat(used_at, now) => {
                let next = newest(&mut tx, old.successor(&Seed(seed)), now).await?;
                Rotation::Rotated(user, found.family, next, proof)
            }
            (Some(_), _) => {
                let end = query_scalar!(
                    "delete from session where family = $1 returning family",
                    found.family
                );
                let families = end.fetch_all(&mut *tx).await?;
                tell_of_ended(&mut tx, families).await?;
                insert_events(&mut tx, slice::from_ref(&tell(&user))).await?;
                Rotation::Reused
            }
        };
        tx.commit().await?;
        Ok(rotation)
    }

    async fn end_family_of(&self, token: &TokenHash) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        if lock_owner(&mut tx, token).await?.is_some() {
            let end = query_scalar!(
                "delete from session
                 where family = (select family from session where token_hash = $1)
                 returning family",
                token.0
            );
            let families = end.fetch_all(&mut *tx).await?;
            tell_of_ended(&mut tx, families).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn prove_session(
        &self,
        token: &TokenHash,
        user_id: Uuid,
        proof: Proof,
    ) -> Result<bool, Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock_owner(&mut tx, token).await?;
        let prove = query!(
            "update session set proven_by = $3, proven_at = $4
             where user_id = $2
               and family = (select family from session where token_hash = $1)",
            token.0,
            user_id,
            proof.method.as_str(),
            proof.at.as_millisecond()
        );
        let proven = prove.execute(&mut *tx).await?.rows_affected() > 0;
        tx.commit().await?;
        Ok(proven)
    }

    async fn delete_expired_sessions(&self, now: Timestamp) -> Result<(), Error> {
        let delete = query!(
            "delete from session where expires_at <= $1",
            now.as_millisecond()
        );
        delete.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

/// The user whose session the token belongs to, locked until the transaction ends.
async fn lock_owner(tx: &mut Connection, token: &TokenHash) -> Result<Option<User>, Error> {
    let row = query_as!(
        UserRow,
        r#"select id, email, name, is_staff, is_manager, created_at from "user"
           where id = (select user_id from session where token_hash = $1)
           for no key update"#,
        token.0
    );
    let row = row.fetch_optional(tx).await?;
    Ok(row.map(User::try_from).transpose()?)
}

/// Tells of sessions whose tokens were deleted.
async fn tell_of_ended(tx: &mut Connection, families: Vec<Uuid>) -> Result<(), Error> {
    let families: BTreeSet<_> = families.into_iter().collect();
    let events: Vec<_> = families.into_iter().map(ended).collect();
    insert_events(tx, &events).await
}

/// A session as its row has it.
struct SessionRow {
    family: Uuid,
    used_at: Option<i64>,
    successor_seed: Option<Vec<u8>>,
    proven_by: String,
    proven_at: i64,
}

async fn find_session(
    tx: &mut Connection,
    token: &RefreshToken,
    now: Timestamp,
) -> Result<Option<SessionRow>, Error> {
    let row = query_as!(
        SessionRow,
        "select family, used_at, successor_seed, proven_by, proven_at from session
         where token_hash = $1 and expires_at > $2",
        token.hash().0,
        now.as_millisecond()
    );
    Ok(row.fetch_optional(tx).await?)
}

/// Uses up a token and stores its successor.
async fn rotate(
    tx: &mut Connection,
    old: &RefreshToken,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<RefreshToken, Error> {
    let seed = Seed::generate();
    let next = old.successor(&seed);
    let rotate = query!(
        "with used as (
           update session set used_at = $2, successor_seed = $3 where token_hash = $1
         )
         insert into session (token_hash, family, user_id, proven_by, proven_at, device, network,
           issued_at, expires_at)
         select $4, family, user_id, proven_by, proven_at, device, network, $2, $5
         from session where token_hash = $1",
        old.hash().0,
        now.as_millisecond(),
        seed.0,
        next.hash().0,
        expires_at.as_millisecond()
    );
    rotate.execute(tx).await?;
    Ok(next)
}

/// This token, or the last of those that have followed it.
async fn newest(
    tx: &mut Connection,
    mut token: RefreshToken,
    now: Timestamp,
) -> Result<RefreshToken, Error> {
    while let Some(SessionRow {
        successor_seed: Some(seed),
        ..
    }) = find_session(tx, &token, now).await?
    {
        token = token.successor(&Seed(seed));
    }
    Ok(token)
}

fn found(rows: u64) -> Result<(), Error> {
    (rows == 1).then_some(()).ok_or(Error::NotFound)
}

/// [`Error::EmailTaken`] when the address has an account.
async fn insert_user(db: &mut Connection, user: &User, password_hash: &str) -> Result<(), Error> {
    let insert = query!(
        r#"insert into "user"
             (id, email, name, folded_name, password_hash, is_staff, is_manager, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)"#,
        user.id,
        user.email.as_str(),
        user.name.as_str(),
        user.name.folded(),
        password_hash,
        user.is_staff,
        user.is_manager,
        user.created_at.as_millisecond(),
    );
    let inserted = insert.execute(db).await;
    match inserted.map_err(PostgresError::from) {
        Err(fault) if fault.breaks("user_email") => Err(Error::EmailTaken),
        inserted => Ok(inserted.map(drop)?),
    }
}

struct UserRow {
    id: Uuid,
    email: String,
    name: String,
    is_staff: bool,
    is_manager: bool,
    created_at: i64,
}

impl TryFrom<UserRow> for User {
    type Error = PostgresError;

    fn try_from(row: UserRow) -> Result<Self, PostgresError> {
        Ok(Self {
            id: row.id,
            email: Email::stored(row.email),
            name: Name::stored(row.name),
            is_staff: row.is_staff,
            is_manager: row.is_manager,
            created_at: Timestamp::from_millisecond(row.created_at)
                .map_err(|_| PostgresError::Corrupt("user.created_at"))?,
        })
    }
}
