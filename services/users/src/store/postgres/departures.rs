//! People who leave, or ask what is kept of them, in PostgreSQL. Whoever leaves locks their row first: what adds to an
//! account has its row locked, or finds it gone.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{PostgresStore, UserRow, events::insert_events, people, tell_of_ended};
use crate::{
    Error,
    store::{Departures, KeptLink, Managers, Tell, departures::deleted},
    user::User,
};

#[async_trait]
impl Departures for PostgresStore {
    async fn delete_user(&self, id: Uuid, managers: Managers, tell: Tell) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        if managers == Managers::OneStays && people::managers(&mut tx).await?[..] == [id] {
            return Err(Error::LastManager);
        }
        let user = query_as!(
            UserRow,
            r#"select id, email, name, is_staff, is_manager, created_at from "user" where id = $1 for update"#,
            id
        );
        let user = user.fetch_optional(&mut *tx).await?;
        let user = User::try_from(user.ok_or(Error::NotFound)?)?;
        let sessions = query_scalar!(
            "delete from session where user_id = $1 returning family",
            id
        );
        let families = sessions.fetch_all(&mut *tx).await?;
        tell_of_ended(&mut tx, families).await?;
        for hangs_on_it in [
            query!("delete from address where user_id = $1", id),
            query!("delete from totp where user_id = $1", id),
            query!("delete from recovery_code where user_id = $1", id),
            query!("delete from passkey where user_id = $1", id),
            // Also those of when the address had no account yet.
            query!(
                "delete from link where user_id = $1 or email = $2",
                id,
                user.email.as_str()
            ),
            query!(r#"delete from "user" where id = $1"#, id),
        ] {
            hangs_on_it.execute(&mut *tx).await?;
        }
        insert_events(&mut tx, &[deleted(id), tell(&user)]).await?;
        Ok(tx.commit().await?)
    }

    async fn links_of(&self, user_id: Uuid) -> Result<Vec<KeptLink>, Error> {
        let links = query!(
            "select purpose, email, expires_at from link where user_id = $1
             order by expires_at, purpose",
            user_id
        );
        let links = links.map(|row| KeptLink {
            purpose: row.purpose,
            email: row.email,
            expires_at: Timestamp::from_millisecond(row.expires_at).unwrap_or_default(),
        });
        Ok(links.fetch_all(&mut *self.db.get().await?).await?)
    }
}
