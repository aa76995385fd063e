//! Rows of people whom a directory elsewhere keeps, in SQLite.

use async_trait::async_trait;
use rusqlite::params;

use super::{SqliteStore, select_user};
use crate::{Error, store::Mirror, user::User};

#[async_trait]
impl Mirror for SqliteStore {
    async fn keep_user(&self, user: &User) -> Result<User, Error> {
        let user = user.clone();
        self.db
            .write(move |db| {
                let email = user.email.as_str();
                db.prepare_cached(
                    "update user set email = lower(hex(id)) || '@moved.invalid'
                     where email = ?1 and id <> ?2",
                )?
                .execute(params![email, user.id])?;
                db.prepare_cached(
                    "insert into user
                       (id, email, name, folded_name, password_hash, is_staff, is_manager, created_at)
                     values (?1, ?2, ?3, ?4, '', ?5, ?6, ?7)
                     on conflict (id) do update set email = excluded.email,
                       is_staff = excluded.is_staff, is_manager = excluded.is_manager",
                )?
                .execute(params![
                    user.id,
                    email,
                    user.name.as_str(),
                    user.name.folded(),
                    user.is_staff,
                    user.is_manager,
                    user.created_at.as_millisecond(),
                ])?;
                select_user(db, user.id)?.ok_or(Error::NotFound)
            })
            .await
    }
}
