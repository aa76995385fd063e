//! The sessions of a user in PostgreSQL.

use std::slice;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{events::Event, store::Connection};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use super::{PostgresStore, events::insert_events, tell_of_ended};
use crate::{Error, device::Device, session::Place, store::Places};

#[async_trait]
impl Places for PostgresStore {
    async fn list_places(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Place>, Error> {
        let rows = query!(
            "select family, device, network, issued_at from session
             where user_id = $1 and used_at is null and expires_at > $2
             order by issued_at desc, family desc",
            user_id,
            now.as_millisecond()
        );
        let rows = rows.map(|row| Place {
            family: row.family,
            device: Device {
                name: row.device,
                network: row.network,
            },
            used_at: Timestamp::from_millisecond(row.issued_at).unwrap_or_default(),
        });
        Ok(rows.fetch_all(&mut *self.db.get().await?).await?)
    }

    async fn end_place(&self, user_id: Uuid, family: Uuid) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock(&mut tx, user_id).await?;
        let end = query_scalar!(
            "delete from session where user_id = $1 and family = $2 returning family",
            user_id,
            family
        );
        let families = end.fetch_all(&mut *tx).await?;
        if families.is_empty() {
            return Err(Error::NotFound);
        }
        tell_of_ended(&mut tx, families).await?;
        Ok(tx.commit().await?)
    }

    async fn end_places(&self, user_id: Uuid, but: Option<Uuid>) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock(&mut tx, user_id).await?;
        end_others(&mut tx, user_id, but).await?;
        Ok(tx.commit().await?)
    }

    async fn change_password(
        &self,
        user_id: Uuid,
        password_hash: &str,
        but: Option<Uuid>,
        event: Event,
    ) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        let update = query!(
            r#"update "user" set password_hash = $2 where id = $1"#,
            user_id,
            password_hash
        );
        update.execute(&mut *tx).await?;
        end_others(&mut tx, user_id, but).await?;
        insert_events(&mut tx, slice::from_ref(&event)).await?;
        Ok(tx.commit().await?)
    }
}

/// A rotation under way adds no token behind the back of who ends the session.
async fn lock(tx: &mut Connection, user_id: Uuid) -> Result<(), Error> {
    let lock = query_scalar!(
        r#"select id from "user" where id = $1 for no key update"#,
        user_id
    );
    lock.fetch_optional(tx).await?;
    Ok(())
}

async fn end_others(tx: &mut Connection, user_id: Uuid, but: Option<Uuid>) -> Result<(), Error> {
    let end = query_scalar!(
        "delete from session where user_id = $1 and family is distinct from $2 returning family",
        user_id,
        but
    );
    let families = end.fetch_all(&mut *tx).await?;
    tell_of_ended(tx, families).await
}
