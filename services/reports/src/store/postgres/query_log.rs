//! Who asked what, in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::query;
use uuid::Uuid;

use super::PostgresStore;
use crate::{
    Error,
    store::{Asked, Ended, QueryLog, query_log::REMEMBERED},
};

#[async_trait]
impl QueryLog for PostgresStore {
    async fn note(&self, asked: &Asked) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        let past = query!(
            "delete from asked_query where at < $1",
            (asked.at - REMEMBERED).as_millisecond()
        );
        past.execute(&mut *tx).await?;
        let insert = query!(
            "insert into asked_query (id, asked_by, at, sql) values ($1, $2, $3, $4)",
            asked.id,
            asked.asked_by,
            asked.at.as_millisecond(),
            asked.sql
        );
        insert.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    async fn note_end(&self, id: Uuid, ended: &Ended) -> Result<(), Error> {
        let update = query!(
            "update asked_query set outcome = $2, row_count = $3, took_ms = $4 where id = $1",
            id,
            ended.outcome,
            ended.rows,
            ended.took_ms
        );
        update.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }

    async fn asked(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<Asked>, Error> {
        let asked = query!(
            "select id, asked_by, at, sql, outcome, row_count, took_ms from asked_query
             where id < $1 order by id desc limit $2",
            before.unwrap_or(Uuid::max()),
            i64::from(limit)
        );
        let rows = asked.fetch_all(&mut *self.db.get().await?).await?;
        let asked = rows.into_iter().map(|row| Asked {
            id: row.id,
            asked_by: row.asked_by,
            at: Timestamp::from_millisecond(row.at).unwrap_or_default(),
            sql: row.sql,
            ended: row.outcome.map(|outcome| Ended {
                outcome,
                rows: row.row_count.unwrap_or_default(),
                took_ms: row.took_ms.unwrap_or_default(),
            }),
        });
        Ok(asked.collect())
    }
}
