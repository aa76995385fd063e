//! What a database does for the statements of a store, told by the database itself while the store
//! works: nothing is asked a second time, and no statement is written down twice.
//!
//! SQLite tells its statements and counts what they do; the steps of each are then asked for.
//! PostgreSQL tells the plan that it has executed (`auto_explain`), which for a statement that was
//! prepared long ago may be another than for a new one. The role must be a superuser.

use std::{
    borrow::Cow,
    cell::RefCell,
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
};

use kit::store::{Sqlite, StoreUrl};
use rusqlite::{
    Connection, StatementStatus,
    trace::{StmtRef, TraceEvent},
};
use serde_json::Value;

/// What was done for one statement.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The statement.
    pub sql: String,
    /// The indexes that were used, and the tables that were read without one.
    pub used: Vec<String>,
    /// The most rows that a step read; in SQLite, which does not tell, the steps of its virtual
    /// machine by the [`STEPS`] that a row takes.
    pub read: u64,
    /// How many rows of a table were read one after the other, without an index.
    pub scanned: u64,
    /// How many rows were sorted; [`UNKNOWN`] where the database does not tell.
    pub sorted: u64,
}

/// How many steps SQLite's virtual machine takes for a row of about 20 columns.
const STEPS: u64 = 30;

/// More than can be told.
pub const UNKNOWN: u64 = u64::MAX;

/// Hears what stores do that are opened by its URL. SQLite tells of all files at once, so a process
/// watches one at a time; so it does with PostgreSQL.
#[derive(Debug)]
pub struct Watch {
    url: StoreUrl,
}

/// A statement of SQLite that has ended.
struct Ended {
    sql: String,
    rows: u64,
    scanned: u64,
    sorts: u64,
    work: u64,
}

static SQLITE: Mutex<Vec<Ended>> = Mutex::new(Vec::new());
static POSTGRES: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Watch {
    /// Watches this database from now on: the connections that are made by [`Self::url`].
    pub fn on(url: &StoreUrl) -> Self {
        let url = match url {
            StoreUrl::Sqlite(path) => {
                Sqlite::watch(hear);
                StoreUrl::Sqlite(path.clone())
            }
            StoreUrl::Postgres(url) => {
                static EAR: OnceLock<()> = OnceLock::new();
                EAR.get_or_init(|| {
                    log::set_logger(&Ear).expect("nobody else logs");
                    log::set_max_level(log::LevelFilter::Info);
                });
                let settings = [
                    ("session_preload_libraries", "auto_explain"),
                    ("auto_explain.log_min_duration", "0"),
                    ("auto_explain.log_analyze", "on"),
                    ("auto_explain.log_timing", "off"),
                    ("auto_explain.log_format", "json"),
                    // What a session of ours still tells its client.
                    ("auto_explain.log_level", "warning"),
                ];
                let told = settings.iter().fold((**url).clone(), |url, (name, value)| {
                    url.with_setting(name, value)
                });
                StoreUrl::Postgres(Box::new(told))
            }
        };
        Self { url }
    }

    /// What the store is to be opened with.
    pub fn url(&self) -> &StoreUrl {
        &self.url
    }

    /// Forgets what was heard before, works, and tells what was done for each statement.
    pub async fn plans<T>(&self, work: impl Future<Output = T>) -> (T, Vec<Plan>) {
        take(&SQLITE);
        take(&POSTGRES);
        let result = work.await;
        let plans = match &self.url {
            StoreUrl::Sqlite(path) => {
                let db = Connection::open(path).expect("the file is there");
                let ended = take(&SQLITE).into_iter();
                // A search index asks its own tables.
                let ended = ended.filter(|ended| !ended.sql.contains("'main'."));
                ended.map(|ended| sqlite_plan(&db, ended)).collect()
            }
            StoreUrl::Postgres(_) => {
                let told = take(&POSTGRES).into_iter();
                told.map(|text| postgres_plan(&text)).collect()
            }
        };
        (result, plans)
    }
}

fn take<T>(heard: &Mutex<Vec<T>>) -> Vec<T> {
    std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Hears of a statement of SQLite on the thread that runs it.
fn hear(event: TraceEvent<'_>) {
    thread_local! {
        /// What is under way: the counters before it, and the rows that it gave.
        static RUNNING: RefCell<HashMap<String, ([u64; 3], u64)>> = RefCell::default();
    }
    RUNNING.with_borrow_mut(|running| match event {
        TraceEvent::Stmt(statement, _) => {
            let sql = Cow::into_owned(statement.sql());
            running.entry(sql).or_insert((counters(&statement), 0));
        }
        TraceEvent::Row(statement) => {
            if let Some((_, rows)) = running.get_mut(&*statement.sql()) {
                *rows += 1;
            }
        }
        TraceEvent::Profile(statement, _) => {
            let sql = Cow::into_owned(statement.sql());
            let Some((before, rows)) = running.remove(&sql) else {
                return;
            };
            let after = counters(&statement);
            let [scanned, sorts, work] = std::array::from_fn(|at| after[at] - before[at]);
            let mut heard = SQLITE.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push(Ended {
                sql,
                rows,
                scanned,
                sorts,
                work,
            });
        }
        _ => {}
    });
}

fn counters(statement: &StmtRef<'_>) -> [u64; 3] {
    [
        StatementStatus::FullscanStep,
        StatementStatus::Sort,
        StatementStatus::VmStep,
    ]
    .map(|counter| statement.get_status(counter).try_into().unwrap_or(0))
}

fn sqlite_plan(db: &Connection, ended: Ended) -> Plan {
    let sql = ended.sql;
    let limited = sql.contains(" limit ");
    Plan {
        used: sqlite_steps(db, &sql),
        read: ended.work / STEPS,
        scanned: ended.scanned,
        sorted: match ended.sorts {
            0 => 0,
            // What is sorted and not cut off is answered.
            _ if !limited => ended.rows,
            _ => UNKNOWN,
        },
        sql,
    }
}

/// What `explain query plan` says, in fewer words.
fn sqlite_steps(db: &Connection, sql: &str) -> Vec<String> {
    let explained = db.prepare(&format!("explain query plan {sql}"));
    // Not a transaction's begin and end.
    let Ok(mut explained) = explained else {
        return Vec::new();
    };
    let steps = explained.raw_query().mapped(|row| row.get::<_, String>(3));
    let steps: Vec<String> = steps.collect::<Result<_, _>>().expect("steps are text");
    let is_subquery = |name: &str| {
        let made = ["CO-ROUTINE", "MATERIALIZE"].map(|how| format!("{how} {name}"));
        steps.iter().any(|step| made.contains(step))
    };
    let used = steps.iter().filter_map(|step| {
        let words: Vec<&str> = step.split(' ').collect();
        let index = words.iter().position(|word| *word == "INDEX");
        match (words[0], index) {
            ("SEARCH" | "SCAN", _) if step.contains("VIRTUAL TABLE") => Some(words[1].to_owned()),
            ("SEARCH" | "SCAN", Some(at)) if words[at - 1] != "AUTOMATIC" => {
                Some(words[at + 1].to_owned())
            }
            ("SEARCH", None) => Some(format!("key of {}", words[1])),
            ("SCAN", None) if words[1] == "CONSTANT" || is_subquery(words[1]) => None,
            ("SEARCH" | "SCAN", _) => Some(format!("scan of {}", words[1])),
            _ => None,
        }
    });
    used.collect()
}

/// Takes PostgreSQL's notices to the driver, which logs them.
struct Ear;

impl log::Log for Ear {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("tokio_postgres")
    }

    fn log(&self, record: &log::Record<'_>) {
        let text = record.args().to_string();
        if let Some((_, plan)) = text.split_once("plan:\n") {
            let mut heard = POSTGRES.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push(plan.to_owned());
        }
    }

    fn flush(&self) {}
}

fn postgres_plan(text: &str) -> Plan {
    let told: Value = serde_json::from_str(text).expect("a plan in JSON");
    let sql = told["Query Text"].as_str().unwrap_or_default().to_owned();
    let mut plan = Plan {
        sql,
        ..Plan::default()
    };
    walk(&told["Plan"], &mut plan);
    plan
}

fn walk(step: &Value, plan: &mut Plan) {
    let text = |key: &str| step[key].as_str().unwrap_or_default();
    let below = step["Plans"].as_array().map_or(&[][..], Vec::as_slice);
    let kind = text("Node Type");
    plan.read = plan.read.max(read(step));
    if kind == "Seq Scan" {
        plan.scanned = plan.scanned.max(read(step));
        plan.used.push(format!("scan of {}", text("Relation Name")));
    }
    if kind.contains("Sort") {
        let input = below
            .iter()
            .filter(|step| step["Parent Relationship"] == "Outer");
        plan.sorted = plan.sorted.max(input.map(rows).sum());
    }
    if !text("Index Name").is_empty() {
        plan.used.push(text("Index Name").to_owned());
    }
    below.iter().for_each(|step| walk(step, plan));
}

/// The rows that came out of a step.
fn rows(step: &Value) -> u64 {
    counted(step, &["Actual Rows"])
}

/// Those, and what it read in vain.
fn read(step: &Value) -> u64 {
    let rows = [
        "Actual Rows",
        "Rows Removed by Filter",
        "Rows Removed by Index Recheck",
    ];
    counted(step, &rows)
}

/// The sum of these counts; a step tells them of one loop.
fn counted(step: &Value, counts: &[&str]) -> u64 {
    let number = |key: &str| step[key].as_f64().unwrap_or_default();
    let sum: f64 = counts.iter().map(|key| number(key)).sum();
    (sum * number("Actual Loops")) as u64
}
