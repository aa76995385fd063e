//! The star in Redshift. What an event tells becomes a file ([`line`]), and a pass loads the files of each day by one
//! `copy` ([`stage`]) and the statements of `redshift/load.sql`: Redshift is made for many rows at a time. What it has
//! no answer for in milliseconds, the log of queries, stays in the service's own store.
//!
//! Everything here goes by the simple protocol, with values written into the statements: parameters are where
//! Redshift and PostgreSQL differ. Values are ids, days and numbers alone.

mod dashboard;
mod line;
mod migrate;
mod stage;
mod url;

use std::{collections::BTreeMap, fmt::Display, sync::Arc, time::Duration};

use async_trait::async_trait;
use kit::{
    events::remembered_from,
    store::{PostgresUrl, StoreError},
};
use sqlx::{AssertSqlSafe, PgConnection, postgres::PgConnectOptions, raw_sql};
use tokio::{sync::OnceCell, time::timeout};
use uuid::Uuid;

pub use stage::{Copy, Stage};
pub use url::{BadWarehouseUrl, WarehouseUrl};

use super::{Asked, Ended, QueryLog, Store};
use crate::{
    Error,
    customer::Pseudonym,
    fact::{OrderFact, day},
    files::{Files, compressed, path},
};

/// How long a question may take, with a warehouse that has to wake up first.
const ANSWER: Duration = Duration::from_secs(25);

/// How long the files of a day may take.
const LOAD: Duration = Duration::from_secs(600);

/// The adapter.
pub struct RedshiftStore {
    url: PostgresUrl,
    options: PgConnectOptions,
    has_tables: OnceCell<()>,
    files: Arc<dyn Files>,
    stage: Arc<dyn Stage>,
    own: Arc<dyn Store>,
}

impl RedshiftStore {
    /// The warehouse at this address, whose rows wait in `files` and come in by `stage`. It connects when it is asked:
    /// Redshift takes money from then on.
    pub fn new(
        url: &WarehouseUrl,
        files: Arc<dyn Files>,
        stage: Arc<dyn Stage>,
        own: Arc<dyn Store>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            url: url.as_postgres().clone(),
            options: url.options()?,
            has_tables: OnceCell::new(),
            files,
            stage,
            own,
        })
    }

    /// Loads what waits, in files, and deletes it then; how many files. It may be ended at any point, and several may
    /// load at once: what was counted is not counted again, and what was not is there the next time.
    pub async fn load(&self) -> Result<usize, Error> {
        let mut days: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in self.files.list().await? {
            if let Some((day, _)) = file.split_once('/') {
                days.entry(day.to_owned()).or_default().push(file);
            }
        }
        let (mut loaded, mut refused) = (0, None);
        for (day, files) in days {
            match self.load_day(&day, &files).await {
                Ok(()) => loaded += files.len(),
                // No reason to leave out the other days.
                Err(fault) => {
                    tracing::warn!(%fault, day, "the warehouse did not take a day's files");
                    refused = Some(fault);
                }
            }
        }
        refused.map_or(Ok(loaded), Err)
    }

    async fn load_day(&self, day: &str, files: &[String]) -> Result<(), Error> {
        let taken = timeout(LOAD, self.take(day)).await;
        if let Err(fault) = taken.unwrap_or_else(|late| Err(Error::Unavailable(late.into()))) {
            // Where nothing is left, another process was quicker.
            let left = self.files.list().await?;
            return match files.iter().any(|file| left.contains(file)) {
                true => Err(fault),
                false => Ok(()),
            };
        }
        // Those that came meanwhile stay, though they may have been taken too.
        self.files.delete(files).await
    }

    async fn take(&self, day: &str) -> Result<(), Error> {
        let mut db = self.connect().await?;
        self.begin(&mut db).await?;
        self.stage.fill(&mut db, day).await?;
        run(&mut db, include_str!("../../redshift/load.sql"), &[]).await?;
        run(&mut db, "commit", &[]).await
    }

    /// Begins a transaction that writes, one at a time. The lock comes before anything is read: what a transaction of
    /// Redshift sees is what there was when it read first.
    async fn begin(&self, db: &mut PgConnection) -> Result<(), Error> {
        run(db, "begin; lock table staged_line", &[]).await
    }

    /// A connection to a warehouse that has its tables.
    async fn connect(&self) -> Result<PgConnection, Error> {
        let mut db = self.url.connect(&self.options).await?;
        let migrated = self
            .has_tables
            .get_or_try_init(|| migrate::migrate(&mut db));
        migrated.await?;
        Ok(db)
    }
}

#[async_trait]
impl Store for RedshiftStore {
    /// Writes the file of an event, which is counted by the next pass.
    async fn count(&self, fact: OrderFact) -> Result<(), Error> {
        let path = path(&day(fact.at), &fact.event_id.to_string());
        let lines = line::lines(&fact)?;
        self.files.write(&path, compressed(&lines)).await
    }

    async fn unlink(&self, customer: &Pseudonym, event_id: Uuid) -> Result<(), Error> {
        let unlinked = timeout(ANSWER, async {
            let mut db = self.connect().await?;
            self.begin(&mut db).await?;
            let values: [&(dyn Display + Sync); 3] =
                [&customer.as_str(), &event_id, &remembered_from()];
            let unlink = include_str!("../../redshift/unlink.sql");
            run(&mut db, unlink, &values).await?;
            run(&mut db, "commit", &[]).await
        });
        unlinked
            .await
            .unwrap_or_else(|late| Err(Error::Unavailable(late.into())))
    }

    /// Of the service's own store: whoever asked Redshift all the time would pay for it all the time.
    async fn ping(&self) -> Result<(), Error> {
        self.own.ping().await
    }
}

#[async_trait]
impl QueryLog for RedshiftStore {
    async fn note(&self, asked: &Asked) -> Result<(), Error> {
        self.own.note(asked).await
    }

    async fn note_end(&self, id: Uuid, ended: &Ended) -> Result<(), Error> {
        self.own.note_end(id, ended).await
    }

    async fn asked(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<Asked>, Error> {
        self.own.asked(before, limit).await
    }
}

/// Runs statements.
async fn run(
    db: &mut PgConnection,
    sql: &str,
    values: &[&(dyn Display + Sync)],
) -> Result<(), Error> {
    raw_sql(AssertSqlSafe(with_values(sql, values)))
        .execute(db)
        .await?;
    Ok(())
}

/// The text with `$1`, `$2` and so on written out.
fn with_values(sql: &str, values: &[&(dyn Display + Sync)]) -> String {
    let mut sql = sql.to_owned();
    for (value, place) in values.iter().zip(1..) {
        sql = sql.replace(&format!("${place}"), &value.to_string());
    }
    sql
}
