//! Rows of people whom a directory elsewhere keeps, in PostgreSQL.

use async_trait::async_trait;
use sqlx::{query, query_as};

use super::{PostgresStore, UserRow};
use crate::{Error, store::Mirror, user::User};

#[async_trait]
impl Mirror for PostgresStore {
    async fn keep_user(&self, user: &User) -> Result<User, Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        let moved = query!(
            r#"update "user" set email = id::text || '@moved.invalid' where email = $1 and id <> $2"#,
            user.email.as_str(),
            user.id
        );
        moved.execute(&mut *tx).await?;
        let kept = query!(
            r#"insert into "user"
                 (id, email, name, folded_name, password_hash, is_staff, is_manager, created_at)
               values ($1, $2, $3, $4, '', $5, $6, $7)
               on conflict (id) do update set email = excluded.email,
                 is_staff = excluded.is_staff, is_manager = excluded.is_manager"#,
            user.id,
            user.email.as_str(),
            user.name.as_str(),
            user.name.folded(),
            user.is_staff,
            user.is_manager,
            user.created_at.as_millisecond()
        );
        kept.execute(&mut *tx).await?;
        let row = query_as!(
            UserRow,
            r#"select id, email, name, is_staff, is_manager, created_at from "user" where id = $1"#,
            user.id
        );
        let row = row.fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(row.try_into()?)
    }
}
