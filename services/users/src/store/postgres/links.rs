//! Links in letters in PostgreSQL.

use std::slice;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events::Event,
    store::{Connection, PostgresError},
};
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{PostgresStore, UserRow, events::insert_events, tell_of_ended};
use crate::{
    Error,
    link::{Link, Purpose},
    session::TokenHash,
    store::{Links, Tell},
    user::{Email, User},
};

#[async_trait]
impl Links for PostgresStore {
    async fn replace_link(&self, link: &Link, events: &[Event]) -> Result<(), Error> {
        let (email, purpose) = (link.email.as_str(), link.purpose.as_str());
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        // The account may be going: its row first, as whoever deletes it has them.
        if let Some(user_id) = link.user_id {
            let owner = query_scalar!(
                r#"select id from "user" where id = $1 for key share"#,
                user_id
            );
            let owner = owner.fetch_optional(&mut *tx).await?;
            owner.ok_or(Error::NotFound)?;
        }
        let delete = query!(
            "delete from link where email = $1 and purpose = $2",
            email,
            purpose
        );
        delete.execute(&mut *tx).await?;
        let insert = query!(
            "insert into link (token_hash, purpose, user_id, email, expires_at)
             values ($1, $2, $3, $4, $5)",
            link.token.0,
            purpose,
            link.user_id,
            email,
            link.expires_at.as_millisecond()
        );
        insert.execute(&mut *tx).await?;
        insert_events(&mut tx, events).await?;
        Ok(tx.commit().await?)
    }

    async fn has_link(
        &self,
        token: &TokenHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let found = query_scalar!(
            r#"select exists (select from link where token_hash = $1 and purpose = $2
                 and user_id is not null and expires_at > $3) as "found!""#,
            token.0,
            purpose.as_str(),
            now.as_millisecond()
        );
        Ok(found.fetch_one(&mut *self.db.get().await?).await?)
    }

    async fn reset_password(
        &self,
        token: &TokenHash,
        password_hash: &str,
        now: Timestamp,
        tell: Tell,
    ) -> Result<Option<User>, Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        let Some((user, _)) = take(&mut tx, token, Purpose::ResetPassword, now).await? else {
            return Ok(None);
        };
        let update = query!(
            r#"update "user" set password_hash = $2,
                 email_proven_at = coalesce(email_proven_at, $3) where id = $1"#,
            user.id,
            password_hash,
            now.as_millisecond()
        );
        update.execute(&mut *tx).await?;
        let end = query_scalar!(
            "delete from session where user_id = $1 returning family",
            user.id
        );
        let families = end.fetch_all(&mut *tx).await?;
        tell_of_ended(&mut tx, families).await?;
        insert_events(&mut tx, slice::from_ref(&tell(&user))).await?;
        tx.commit().await?;
        Ok(Some(user))
    }

    async fn prove_address(
        &self,
        token: &TokenHash,
        now: Timestamp,
        tell: Tell,
    ) -> Result<Option<User>, Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        let Some((user, email)) = take(&mut tx, token, Purpose::ProveAddress, now).await? else {
            return Ok(None);
        };
        let update = query!(
            r#"update "user" set email = $2, email_proven_at = $3 where id = $1"#,
            user.id,
            email.as_str(),
            now.as_millisecond()
        );
        match update.execute(&mut *tx).await.map_err(PostgresError::from) {
            Err(fault) if fault.breaks("user_email") => return Err(Error::EmailTaken),
            updated => updated?,
        };
        if email != user.email {
            insert_events(&mut tx, slice::from_ref(&tell(&user))).await?;
        }
        tx.commit().await?;
        Ok(Some(User { email, ..user }))
    }

    async fn has_proven_address(&self, user_id: Uuid) -> Result<bool, Error> {
        let found = query_scalar!(
            r#"select exists (select from "user"
                 where id = $1 and email_proven_at is not null) as "found!""#,
            user_id
        );
        Ok(found.fetch_one(&mut *self.db.get().await?).await?)
    }

    async fn delete_expired_links(&self, now: Timestamp) -> Result<(), Error> {
        let delete = query!(
            "delete from link where expires_at <= $1",
            now.as_millisecond()
        );
        delete.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }
}

/// Uses a link up: whose it was, and its address. The user's row is locked, as for all that ends sessions.
async fn take(
    tx: &mut Connection,
    token: &TokenHash,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<(User, Email)>, Error> {
    let taken = query!(
        "delete from link where token_hash = $1 and purpose = $2 and expires_at > $3
         returning user_id, email",
        token.0,
        purpose.as_str(),
        now.as_millisecond()
    );
    let Some(taken) = taken.fetch_optional(&mut *tx).await? else {
        return Ok(None);
    };
    let user = query_as!(
        UserRow,
        r#"select id, email, name, is_staff, is_manager, created_at from "user" where id = $1
           for no key update"#,
        taken.user_id
    );
    let user = user.fetch_optional(&mut *tx).await?;
    let user = user.map(User::try_from).transpose()?;
    Ok(user.map(|user| (user, Email::stored(taken.email))))
}
