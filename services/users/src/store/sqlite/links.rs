//! Links in letters in SQLite.

use std::slice;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::events::Event;
use rusqlite::{Connection, OptionalExtension, ffi::SQLITE_CONSTRAINT_UNIQUE, params};
use uuid::Uuid;

use super::{SqliteStore, breaks, end, events::insert_events, of_an_account, select_user};
use crate::{
    Error,
    link::{Link, Purpose},
    session::TokenHash,
    store::{Links, Tell},
    user::{Email, User},
};

#[async_trait]
impl Links for SqliteStore {
    async fn replace_link(&self, link: &Link, events: &[Event]) -> Result<(), Error> {
        let (link, events) = (link.clone(), events.to_vec());
        self.write_with_events(move |db| {
            db.prepare_cached("delete from link where email = ?1 and purpose = ?2")?
                .execute([link.email.as_str(), link.purpose.as_str()])?;
            let mut insert = db.prepare_cached(
                "insert into link (token_hash, purpose, user_id, email, expires_at)
                 values (?1, ?2, ?3, ?4, ?5)",
            )?;
            let inserted = insert.execute(params![
                link.token.0,
                link.purpose.as_str(),
                link.user_id,
                link.email.as_str(),
                link.expires_at.as_millisecond(),
            ]);
            of_an_account(inserted)?;
            Ok(insert_events(db, &events)?)
        })
        .await
    }

    async fn has_link(
        &self,
        token: &TokenHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<bool, Error> {
        self.db.read(|db| {
            let sql = "select 1 from link where token_hash = ?1 and purpose = ?2
                         and user_id is not null and expires_at > ?3";
            let mut rows = db.prepare_cached(sql)?;
            Ok(rows.exists(params![token.0, purpose.as_str(), now.as_millisecond()])?)
        })
    }

    async fn reset_password(
        &self,
        token: &TokenHash,
        password_hash: &str,
        now: Timestamp,
        tell: Tell,
    ) -> Result<Option<User>, Error> {
        let (token, hash) = (token.clone(), password_hash.to_owned());
        self.write_with_events(move |db| {
            let Some((user, _)) = take(db, &token, Purpose::ResetPassword, now)? else {
                return Ok(None);
            };
            let sql = "update user set password_hash = ?2,
                         email_proven_at = coalesce(email_proven_at, ?3) where id = ?1";
            db.prepare_cached(sql)?
                .execute(params![user.id, hash, now.as_millisecond()])?;
            let sql = "delete from session where user_id = ?1 returning family";
            end(db, sql, [user.id])?;
            insert_events(db, slice::from_ref(&tell(&user)))?;
            Ok(Some(user))
        })
        .await
    }

    async fn prove_address(
        &self,
        token: &TokenHash,
        now: Timestamp,
        tell: Tell,
    ) -> Result<Option<User>, Error> {
        let token = token.clone();
        self.write_with_events(move |db| {
            let Some((user, email)) = take(db, &token, Purpose::ProveAddress, now)? else {
                return Ok(None);
            };
            let sql = "update user set email = ?2, email_proven_at = ?3 where id = ?1";
            let updated = db.prepare_cached(sql)?.execute(params![
                user.id,
                email.as_str(),
                now.as_millisecond()
            ]);
            match updated {
                Err(fault) if breaks(&fault, SQLITE_CONSTRAINT_UNIQUE) => {
                    return Err(Error::EmailTaken);
                }
                updated => updated?,
            };
            if email != user.email {
                insert_events(db, slice::from_ref(&tell(&user)))?;
            }
            Ok(Some(User { email, ..user }))
        })
        .await
    }

    async fn has_proven_address(&self, user_id: Uuid) -> Result<bool, Error> {
        self.db.read(|db| {
            let sql = "select 1 from user where id = ?1 and email_proven_at is not null";
            Ok(db.prepare_cached(sql)?.exists([user_id])?)
        })
    }

    async fn delete_expired_links(&self, now: Timestamp) -> Result<(), Error> {
        self.db
            .write(move |db| {
                db.prepare_cached("delete from link where expires_at <= ?1")?
                    .execute([now.as_millisecond()])?;
                Ok(())
            })
            .await
    }
}

/// Uses a link up: whose it was, and its address.
fn take(
    db: &Connection,
    token: &TokenHash,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<(User, Email)>, rusqlite::Error> {
    let sql = "delete from link where token_hash = ?1 and purpose = ?2 and expires_at > ?3
               returning user_id, email";
    let found: Option<(Option<Uuid>, String)> = db
        .prepare_cached(sql)?
        .query_row(
            params![token.0, purpose.as_str(), now.as_millisecond()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((Some(user_id), email)) = found else {
        return Ok(None);
    };
    let user = select_user(db, user_id)?;
    Ok(user.map(|user| (user, Email::stored(email))))
}
