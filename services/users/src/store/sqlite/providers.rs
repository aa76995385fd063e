//! Identities at other providers in SQLite.

use std::slice;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::events::Event;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{
    SqliteStore, events::insert_events, insert_user, of_an_account, second_factors::time,
    select_user,
};
use crate::{Error, provider::Linked, store::Providers, user::User};

#[async_trait]
impl Providers for SqliteStore {
    async fn use_linked(
        &self,
        issuer: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Option<User>, Error> {
        let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
        self.db
            .write(move |db| {
                let sql = "update provider_link set used_at = ?3 where issuer = ?1 and subject = ?2
                           returning user_id";
                let user_id: Option<Uuid> = db
                    .prepare_cached(sql)?
                    .query_row(params![issuer, subject, now.as_millisecond()], |row| {
                        row.get(0)
                    })
                    .optional()?;
                Ok(user_id.map(|id| select_user(db, id)).transpose()?.flatten())
            })
            .await
    }

    async fn insert_linked_user(&self, user: &User, linked: &Linked) -> Result<(), Error> {
        let (user, linked) = (user.clone(), linked.clone());
        self.db
            .write(move |db| {
                // Nobody types an empty hash's password. The provider vouches for the address.
                insert_user(db, &user, "")?;
                db.prepare_cached("update user set email_proven_at = created_at where id = ?1")?
                    .execute([user.id])?;
                match insert_linked(db, &linked)? {
                    true => Ok(()),
                    false => Err(Error::ProviderTaken),
                }
            })
            .await
    }

    async fn link_provider(&self, linked: &Linked, event: Event) -> Result<bool, Error> {
        let linked = linked.clone();
        self.write_with_events(move |db| {
            if insert_linked(db, &linked)? {
                insert_events(db, slice::from_ref(&event))?;
                return Ok(true);
            }
            let sql = "select 1 from provider_link
                       where issuer = ?1 and subject = ?2 and user_id = ?3";
            let mut same = db.prepare_cached(sql)?;
            match same.exists(params![linked.issuer, linked.subject, linked.user_id])? {
                true => Ok(false),
                false => Err(Error::ProviderTaken),
            }
        })
        .await
    }

    async fn unlink_provider(
        &self,
        user_id: Uuid,
        provider: &str,
        event: Event,
    ) -> Result<(), Error> {
        let provider = provider.to_owned();
        self.write_with_events(move |db| {
            let deleted = db
                .prepare_cached("delete from provider_link where user_id = ?1 and provider = ?2")?
                .execute(params![user_id, provider])?;
            if deleted == 0 {
                return Err(Error::NotFound);
            }
            let sql = "select 1 from user where id = ?1
                         and (password_hash <> '' or exists (select 1 from passkey where user_id = ?1))";
            if !db.prepare_cached(sql)?.exists([user_id])? {
                return Err(Error::LastWayIn);
            }
            Ok(insert_events(db, slice::from_ref(&event))?)
        })
        .await
    }

    async fn list_linked(&self, user_id: Uuid) -> Result<Vec<Linked>, Error> {
        self.db.read(|db| {
            let mut rows = db.prepare_cached(
                "select user_id, provider, issuer, subject, linked_at, used_at
                 from provider_link where user_id = ?1 order by provider",
            )?;
            let rows = rows.query_map([user_id], |row| {
                Ok(Linked {
                    user_id: row.get(0)?,
                    provider: row.get(1)?,
                    issuer: row.get(2)?,
                    subject: row.get(3)?,
                    linked_at: time(row.get(4)?),
                    used_at: row.get::<_, Option<_>>(5)?.map(time),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// Inserts it unless the identity or the user's place at the provider is taken; whether it did.
fn insert_linked(db: &Connection, linked: &Linked) -> Result<bool, Error> {
    let inserted = db
        .prepare_cached(
            "insert into provider_link (issuer, subject, user_id, provider, linked_at, used_at)
             values (?1, ?2, ?3, ?4, ?5, ?6) on conflict do nothing",
        )?
        .execute(params![
            linked.issuer,
            linked.subject,
            linked.user_id,
            linked.provider,
            linked.linked_at.as_millisecond(),
            linked.used_at.map(Timestamp::as_millisecond),
        ]);
    Ok(of_an_account(inserted)? == 1)
}
