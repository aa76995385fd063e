//! Who asked what, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::params;
use uuid::Uuid;

use super::{SqliteStore, execute};
use crate::{
    Error,
    store::{Asked, Ended, QueryLog, query_log::REMEMBERED},
};

#[async_trait]
impl QueryLog for SqliteStore {
    async fn note(&self, asked: &Asked) -> Result<(), Error> {
        let asked = asked.clone();
        self.db
            .write(move |db| {
                let past = (asked.at - REMEMBERED).as_millisecond();
                execute(db, "delete from asked_query where at < ?1", [past])?;
                let insert =
                    "insert into asked_query (id, asked_by, at, sql) values (?1, ?2, ?3, ?4)";
                let at = asked.at.as_millisecond();
                execute(db, insert, params![asked.id, asked.asked_by, at, asked.sql]).map(drop)
            })
            .await
    }

    async fn note_end(&self, id: Uuid, ended: &Ended) -> Result<(), Error> {
        let ended = ended.clone();
        let update =
            "update asked_query set outcome = ?2, row_count = ?3, took_ms = ?4 where id = ?1";
        self.db
            .write(move |db| {
                let values = params![id, ended.outcome, ended.rows, ended.took_ms];
                execute(db, update, values).map(drop)
            })
            .await
    }

    async fn asked(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<Asked>, Error> {
        self.db.read(|db| {
            let mut rows = db.prepare_cached(
                "select id, asked_by, at, sql, outcome, row_count, took_ms from asked_query
                 where id < ?1 order by id desc limit ?2",
            )?;
            let rows = rows.query_map(params![before.unwrap_or(Uuid::max()), limit], |row| {
                let outcome: Option<String> = row.get(4)?;
                let (rows, took_ms): (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
                Ok(Asked {
                    id: row.get(0)?,
                    asked_by: row.get(1)?,
                    at: Timestamp::from_millisecond(row.get(2)?).unwrap_or_default(),
                    sql: row.get(3)?,
                    ended: outcome.map(|outcome| Ended {
                        outcome,
                        rows: rows.unwrap_or_default(),
                        took_ms: took_ms.unwrap_or_default(),
                    }),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
