//! Identities at other providers in PostgreSQL. Whoever unlinks one locks the row of the user first, as whoever
//! deletes a passkey does: together they would take the last way in.

use std::slice;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{events::Event, store::Connection};
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{
    PostgresStore, UserRow,
    events::insert_events,
    insert_user,
    second_factors::{lock, time},
};
use crate::{Error, provider::Linked, store::Providers, user::User};

#[async_trait]
impl Providers for PostgresStore {
    async fn use_linked(
        &self,
        issuer: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Option<User>, Error> {
        let user = query_as!(
            UserRow,
            r#"with used as (update provider_link set used_at = $3
                             where issuer = $1 and subject = $2 returning user_id)
               select id, email, name, is_staff, is_manager, created_at
               from "user" where id = (select user_id from used)"#,
            issuer,
            subject,
            now.as_millisecond()
        );
        let user = user.fetch_optional(&mut *self.db.get().await?).await?;
        Ok(user.map(User::try_from).transpose()?)
    }

    async fn insert_linked_user(&self, user: &User, linked: &Linked) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        // Nobody types an empty hash's password. The provider vouches for the address.
        insert_user(&mut tx, user, "").await?;
        let proven = query!(
            r#"update "user" set email_proven_at = created_at where id = $1"#,
            user.id
        );
        proven.execute(&mut *tx).await?;
        if !insert_linked(&mut tx, linked).await? {
            return Err(Error::ProviderTaken);
        }
        Ok(tx.commit().await?)
    }

    async fn link_provider(&self, linked: &Linked, event: Event) -> Result<bool, Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock(&mut tx, linked.user_id).await?;
        if insert_linked(&mut tx, linked).await? {
            insert_events(&mut tx, slice::from_ref(&event)).await?;
            tx.commit().await?;
            return Ok(true);
        }
        let same = query_scalar!(
            r#"select exists (select from provider_link
                 where issuer = $1 and subject = $2 and user_id = $3) as "same!""#,
            linked.issuer,
            linked.subject,
            linked.user_id
        );
        match same.fetch_one(&mut *tx).await? {
            true => Ok(false),
            false => Err(Error::ProviderTaken),
        }
    }

    async fn unlink_provider(
        &self,
        user_id: Uuid,
        provider: &str,
        event: Event,
    ) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock(&mut tx, user_id).await?;
        let delete = query!(
            "delete from provider_link where user_id = $1 and provider = $2",
            user_id,
            provider
        );
        if delete.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        let other_way = query_scalar!(
            r#"select exists (select from "user" where id = $1 and (password_hash <> ''
                 or exists (select from passkey where user_id = $1))) as "other_way!""#,
            user_id
        );
        if !other_way.fetch_one(&mut *tx).await? {
            return Err(Error::LastWayIn);
        }
        insert_events(&mut tx, slice::from_ref(&event)).await?;
        Ok(tx.commit().await?)
    }

    async fn list_linked(&self, user_id: Uuid) -> Result<Vec<Linked>, Error> {
        let rows = query!(
            "select user_id, provider, issuer, subject, linked_at, used_at
             from provider_link where user_id = $1 order by provider",
            user_id
        );
        let rows = rows.fetch_all(&mut *self.db.get().await?).await?;
        let linked = rows.into_iter().map(|row| Linked {
            user_id: row.user_id,
            provider: row.provider,
            issuer: row.issuer,
            subject: row.subject,
            linked_at: time(row.linked_at),
            used_at: row.used_at.map(time),
        });
        Ok(linked.collect())
    }
}

/// Inserts it unless the identity or the user's place at the provider is taken; whether it did.
async fn insert_linked(tx: &mut Connection, linked: &Linked) -> Result<bool, Error> {
    let insert = query!(
        "insert into provider_link (issuer, subject, user_id, provider, linked_at, used_at)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        linked.issuer,
        linked.subject,
        linked.user_id,
        linked.provider,
        linked.linked_at.as_millisecond(),
        linked.used_at.map(Timestamp::as_millisecond)
    );
    Ok(insert.execute(tx).await?.rows_affected() == 1)
}
