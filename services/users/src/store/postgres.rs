//! users.db in PostgreSQL.
//!
//! Two rotations of one family, or a rotation and the end of it, must not pass each other: a row
//! that one of them adds is invisible to the other's delete. And two that add to one address book
//! would both see room for the last address. So whoever rotates or ends a family, or adds an
//! address, first locks the row of the user, and reads after that.

use async_trait::async_trait;
use jiff::Timestamp;
use kit::store::{
    Migration, Postgres, PostgresError, PostgresUrl, Statements, StoreError, Transaction,
};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Rotation, Store};
use crate::{
    Error,
    address::{Address, MAX_ADDRESSES},
    session::{LIFE, Session, TokenHash},
    user::{Email, Name, User},
};

const MIGRATIONS: &[Migration] = &[Migration {
    name: "0001_create_users",
    sql: include_str!("../../migrations/postgres/0001_create_users.sql"),
}];

/// The adapter.
pub struct PostgresStore {
    db: Postgres,
}

impl PostgresStore {
    /// Connects and migrates.
    pub async fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        Ok(Self {
            db: Postgres::open(url, MIGRATIONS).await?,
        })
    }
}

impl From<PostgresError> for Error {
    fn from(fault: PostgresError) -> Self {
        if fault.is_unavailable() {
            Self::Unavailable(fault.into())
        } else {
            Self::Internal(fault.into())
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(fault: tokio_postgres::Error) -> Self {
        PostgresError::from(fault).into()
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn insert_user(&self, user: &User, password_hash: &str) -> Result<(), Error> {
        let db = self.db.get().await?;
        let inserted = db
            .run(
                "insert into \"user\" (id, email, name, password_hash, is_staff, created_at)
                 values ($1, $2, $3, $4, $5, $6)",
                &[
                    &user.id,
                    &user.email.as_str(),
                    &user.name.as_str(),
                    &password_hash,
                    &user.is_staff,
                    &user.created_at.as_millisecond(),
                ],
            )
            .await;
        match inserted {
            Err(fault) if fault.breaks("user_email") => Err(Error::EmailTaken),
            inserted => Ok(inserted.map(drop)?),
        }
    }

    async fn find_credentials(&self, email: &Email) -> Result<Option<(User, String)>, Error> {
        let sql = "select id, email, name, is_staff, created_at, password_hash
             from \"user\" where email = $1";
        match self.db.get().await?.maybe(sql, &[&email.as_str()]).await? {
            Some(row) => Ok(Some((user(&row)?, row.try_get(5)?))),
            None => Ok(None),
        }
    }

    async fn find_user(&self, id: Uuid) -> Result<Option<User>, Error> {
        let sql = "select id, email, name, is_staff, created_at from \"user\" where id = $1";
        let row = self.db.get().await?.maybe(sql, &[&id]).await?;
        Ok(row.as_ref().map(user).transpose()?)
    }

    async fn rename_user(&self, id: Uuid, name: &Name) -> Result<Option<User>, Error> {
        let sql = "update \"user\" set name = $2 where id = $1
             returning id, email, name, is_staff, created_at";
        let row = self
            .db
            .get()
            .await?
            .maybe(sql, &[&id, &name.as_str()])
            .await?;
        Ok(row.as_ref().map(user).transpose()?)
    }

    async fn make_staff(&self, email: &Email) -> Result<bool, Error> {
        let sql = "update \"user\" set is_staff = true where email = $1";
        Ok(self.db.get().await?.run(sql, &[&email.as_str()]).await? == 1)
    }

    async fn insert_session(&self, session: &Session) -> Result<(), Error> {
        let sql = "insert into session (token_hash, family, user_id, expires_at)
             values ($1, $2, $3, $4)";
        let expires_at = session.expires_at.as_millisecond();
        let db = self.db.get().await?;
        db.run(
            sql,
            &[
                &session.token.0,
                &session.family,
                &session.user_id,
                &expires_at,
            ],
        )
        .await?;
        Ok(())
    }

    async fn rotate_session(&self, old: &TokenHash, new: &TokenHash) -> Result<Rotation, Error> {
        let mut db = self.db.get().await?;
        let tx = db.transaction().await?;
        let Some(user) = lock_owner(&tx, old).await? else {
            return Ok(Rotation::Unknown);
        };
        let now = Timestamp::now();
        let sql = "select family, used_at is not null from session
             where token_hash = $1 and expires_at > $2";
        let Some(found) = tx.maybe(sql, &[&old.0, &now.as_millisecond()]).await? else {
            return Ok(Rotation::Unknown);
        };
        let family: Uuid = found.try_get(0)?;
        let rotation = if found.try_get(1)? {
            tx.run("delete from session where family = $1", &[&family])
                .await?;
            Rotation::Reused
        } else {
            let sql = "with used as (update session set used_at = $2 where token_hash = $1)
                 insert into session (token_hash, family, user_id, expires_at)
                 values ($3, $4, $5, $6)";
            let (used_at, expires_at) = (now.as_millisecond(), (now + LIFE).as_millisecond());
            tx.run(
                sql,
                &[&old.0, &used_at, &new.0, &family, &user.id, &expires_at],
            )
            .await?;
            Rotation::Rotated(user)
        };
        tx.commit().await?;
        Ok(rotation)
    }

    async fn end_family_of(&self, token: &TokenHash) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let tx = db.transaction().await?;
        if lock_owner(&tx, token).await?.is_some() {
            let sql = "delete from session
                 where family = (select family from session where token_hash = $1)";
            tx.run(sql, &[&token.0]).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn delete_expired_sessions(&self, now: Timestamp) -> Result<(), Error> {
        let sql = "delete from session where expires_at <= $1";
        let db = self.db.get().await?;
        db.run(sql, &[&now.as_millisecond()]).await?;
        Ok(())
    }

    async fn list_addresses(&self, user_id: Uuid) -> Result<Vec<(Uuid, Address)>, Error> {
        let sql = "select name, line1, line2, city, region, postal_code, country, id
             from address where user_id = $1 order by id";
        let rows = self.db.get().await?.all(sql, &[&user_id]).await?;
        let rows = rows.iter().map(|row| Ok((row.try_get(7)?, address(row)?)));
        rows.collect()
    }

    async fn find_address(&self, user_id: Uuid, id: Uuid) -> Result<Option<Address>, Error> {
        let sql = "select name, line1, line2, city, region, postal_code, country
             from address where id = $1 and user_id = $2";
        let row = self.db.get().await?.maybe(sql, &[&id, &user_id]).await?;
        Ok(row.as_ref().map(address).transpose()?)
    }

    async fn insert_address(&self, user_id: Uuid, id: Uuid, a: &Address) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let tx = db.transaction().await?;
        let lock = "select from \"user\" where id = $1 for no key update";
        tx.maybe(lock, &[&user_id]).await?.ok_or(Error::NotFound)?;
        let sql = "insert into address
               (id, user_id, name, line1, line2, city, region, postal_code, country)
             select $1, $2, $3, $4, $5, $6, $7, $8, $9
             where (select count(*) from address where user_id = $2) < $10";
        let added = tx
            .run(
                sql,
                &[
                    &id,
                    &user_id,
                    &a.name,
                    &a.line1,
                    &a.line2,
                    &a.city,
                    &a.region,
                    &a.postal_code,
                    &a.country,
                    &MAX_ADDRESSES,
                ],
            )
            .await?;
        if added == 0 {
            return Err(Error::TooManyAddresses);
        }
        Ok(tx.commit().await?)
    }

    async fn replace_address(&self, user_id: Uuid, id: Uuid, a: &Address) -> Result<(), Error> {
        let sql = "update address set name = $3, line1 = $4, line2 = $5, city = $6, region = $7,
               postal_code = $8, country = $9
             where id = $1 and user_id = $2";
        let db = self.db.get().await?;
        let changed = db
            .run(
                sql,
                &[
                    &id,
                    &user_id,
                    &a.name,
                    &a.line1,
                    &a.line2,
                    &a.city,
                    &a.region,
                    &a.postal_code,
                    &a.country,
                ],
            )
            .await?;
        (changed == 1).then_some(()).ok_or(Error::NotFound)
    }

    async fn delete_address(&self, user_id: Uuid, id: Uuid) -> Result<(), Error> {
        let sql = "delete from address where id = $1 and user_id = $2";
        let deleted = self.db.get().await?.run(sql, &[&id, &user_id]).await?;
        (deleted == 1).then_some(()).ok_or(Error::NotFound)
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

/// The user whose session the token belongs to, locked until the transaction ends.
async fn lock_owner(
    tx: &Transaction<'_>,
    token: &TokenHash,
) -> Result<Option<User>, PostgresError> {
    let sql = "select id, email, name, is_staff, created_at from \"user\"
         where id = (select user_id from session where token_hash = $1)
         for no key update";
    let row = tx.maybe(sql, &[&token.0]).await?;
    row.as_ref().map(user).transpose()
}

fn user(row: &Row) -> Result<User, PostgresError> {
    let corrupt = PostgresError::Corrupt;
    Ok(User {
        id: row.try_get(0)?,
        email: Email::parse(row.try_get(1)?).map_err(|_| corrupt("user.email"))?,
        name: Name::parse(row.try_get(2)?).map_err(|_| corrupt("user.name"))?,
        is_staff: row.try_get(3)?,
        created_at: Timestamp::from_millisecond(row.try_get(4)?)
            .map_err(|_| corrupt("user.created_at"))?,
    })
}

fn address(row: &Row) -> Result<Address, PostgresError> {
    Ok(Address {
        name: row.try_get(0)?,
        line1: row.try_get(1)?,
        line2: row.try_get(2)?,
        city: row.try_get(3)?,
        region: row.try_get(4)?,
        postal_code: row.try_get(5)?,
        country: row.try_get(6)?,
    })
}
