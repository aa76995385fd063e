//! The adapter for Redshift on a PostgreSQL, which knows all of its statements but `copy`: here the lines of the same
//! files are put where Redshift would put them.

use std::{io::Read, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use flate2::read::GzDecoder;
use reports::{
    Error,
    customer::Pseudonym,
    fact::OrderFact,
    files::{Files, Folder},
    period::Period,
    store::{
        Asked, By, Dashboard, Ended, Outcome, Page, QueryLog, Sales, Store, Summary,
        redshift::{RedshiftStore, Stage},
        sqlite::SqliteStore,
    },
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, query, raw_sql};
use tempfile::TempDir;
use testkit::postgres::Database;
use uuid::Uuid;

/// Reads a day's files from a folder, as `copy … format as json 'auto' gzip` does from a bucket.
pub(super) struct StandIn(pub(super) PathBuf);

#[async_trait]
impl Stage for StandIn {
    async fn fill(&self, db: &mut PgConnection, day: &str) -> Result<(), Error> {
        let refused = |fault: &str| Error::Internal(fault.to_owned().into());
        let mut lines = Vec::new();
        for file in self.0.join(day).read_dir().into_iter().flatten().flatten() {
            // What a bucket shows is whole, and here one that is being written has another name.
            if file.path().extension().is_none_or(|it| it != "gz") {
                continue;
            }
            // Another loader may delete it at any time.
            let Ok(file) = std::fs::File::open(file.path()) else {
                continue;
            };
            let mut text = String::new();
            let read = GzDecoder::new(file).read_to_string(&mut text);
            read.map_err(|_| refused("this is no file of gzip"))?;
            lines.extend(text.lines().map(str::to_owned));
        }
        if lines.is_empty() {
            return Err(refused("there are no files"));
        }
        let rows = format!("[{}]", lines.join(","));
        let fill = "insert into staged_line
            select * from json_populate_recordset(null::staged_line, $1::json)";
        query(fill).bind(rows).execute(db).await?;
        Ok(())
    }
}

/// A warehouse with nothing in it, which loads at once whatever it is told.
pub(super) struct Warehouse {
    pub(super) store: RedshiftStore,
    pub(super) database: Database,
    folder: TempDir,
}

impl Warehouse {
    pub(super) async fn empty() -> Self {
        let database = testkit::postgres::database().await;
        let folder = tempfile::tempdir().unwrap();
        Self {
            store: process(&database, &folder),
            database,
            folder,
        }
    }

    /// Another process on the same data.
    pub(super) fn process(&self) -> RedshiftStore {
        process(&self.database, &self.folder)
    }

    pub(super) fn files(&self) -> Folder {
        Folder::open(&self.facts()).unwrap()
    }

    /// The same with these files, and what reads them.
    pub(super) fn process_with(
        &self,
        files: Arc<dyn Files>,
        stage: Arc<dyn Stage>,
    ) -> RedshiftStore {
        open(&self.database, &self.folder, files, stage)
    }

    /// Where they are.
    pub(super) fn facts(&self) -> PathBuf {
        self.folder.path().join("facts")
    }

    /// What a query answers, as text.
    pub(super) async fn rows(&self, sql: &str) -> Vec<String> {
        let url = self.database.url_text();
        let mut db = PgConnection::connect(&url).await.unwrap();
        let sql = AssertSqlSafe(format!("select row(t.*)::text from ({sql}) t"));
        let rows = raw_sql(sql).fetch_all(&mut db).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// That so many orders of [`fact`] are there, each once, with all that belongs to them.
    pub(super) async fn has(&self, orders: usize, events: usize) {
        for (table, key, rows) in [
            ("fact_orders", "order_id", orders),
            ("fact_lines", "order_id || place", 2 * orders),
            ("events_taken", "event_id", events),
            ("dim_customers", "customer_key", orders),
            ("dim_products", "product_id", 2),
            ("staged_line", "event_id", 0),
        ] {
            let counted = format!("select count(*), count(distinct {key}) from {table}");
            let expected = format!("({rows},{rows})");
            assert_eq!(self.rows(&counted).await, [expected], "{table}");
        }
        let links = "select count(customer_key) from fact_orders";
        assert_eq!(self.rows(links).await, [format!("({orders})")]);
    }
}

fn process(database: &Database, folder: &TempDir) -> RedshiftStore {
    let facts = folder.path().join("facts");
    let files = Arc::new(Folder::open(&facts).unwrap());
    open(database, folder, files, Arc::new(StandIn(facts)))
}

fn open(
    database: &Database,
    folder: &TempDir,
    files: Arc<dyn Files>,
    stage: Arc<dyn Stage>,
) -> RedshiftStore {
    let own = SqliteStore::open(&folder.path().join("reports.db")).unwrap();
    let url = database.url_text().replacen("postgres", "redshift", 1);
    RedshiftStore::new(&url.parse().unwrap(), files, stage, Arc::new(own)).unwrap()
}

#[async_trait]
impl Store for Warehouse {
    async fn count(&self, fact: OrderFact) -> Result<(), Error> {
        self.store.count(fact).await?;
        self.store.load().await.map(drop)
    }

    async fn unlink(&self, customer: &Pseudonym, event_id: Uuid) -> Result<(), Error> {
        self.store.unlink(customer, event_id).await
    }

    async fn ping(&self) -> Result<(), Error> {
        self.store.ping().await
    }
}

#[async_trait]
impl Dashboard for Warehouse {
    async fn sales(&self, by: By, period: Period, page: Page) -> Result<Vec<Sales>, Error> {
        self.store.sales(by, period, page).await
    }

    async fn outcomes(&self, period: Period) -> Result<Vec<Outcome>, Error> {
        self.store.outcomes(period).await
    }

    async fn summary(&self, period: Period) -> Result<Summary, Error> {
        self.store.summary(period).await
    }
}

#[async_trait]
impl QueryLog for Warehouse {
    async fn note(&self, asked: &Asked) -> Result<(), Error> {
        self.store.note(asked).await
    }

    async fn note_end(&self, id: Uuid, ended: &Ended) -> Result<(), Error> {
        self.store.note_end(id, ended).await
    }

    async fn asked(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<Asked>, Error> {
        self.store.asked(before, limit).await
    }
}
