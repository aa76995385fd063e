//! What a database did for the statements of a store, told by itself while the store works: no
//! statement is asked a second time, and none is written down twice.
//!
//! Both databases tell it to the log. SQLite's statements are logged with what they cost, and each
//! one's steps are then asked for. PostgreSQL sends the plan that it has executed (`auto_explain`),
//! which for a statement that was prepared long ago may be another than for a new one; the role must
//! be a superuser.

use std::{
    collections::HashMap,
    fmt::Debug,
    mem,
    sync::{Mutex, PoisonError},
};

use kit::store::StoreUrl;
use rusqlite::Connection;
use serde_json::Value;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Context, SubscriberExt},
    registry,
    util::SubscriberInitExt,
};

/// What was done for one statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// The indexes that were used, and the tables that were read without one.
    pub(crate) used: Vec<String>,
    /// The most rows that a step read; in SQLite, which does not tell, the steps of its virtual
    /// machine by the [`STEPS`] that a row takes.
    pub(crate) read: u64,
    /// How many rows of a table were read one after the other, without an index.
    pub(crate) scanned: u64,
    /// How many rows were sorted; [`UNKNOWN`] where SQLite sorts what it then cuts off.
    pub(crate) sorted: u64,
}

/// How many steps SQLite's virtual machine takes for a row of about 25 columns, as an order has.
const STEPS: u64 = 33;

/// More than can be told.
pub(crate) const UNKNOWN: u64 = u64::MAX;

/// What the log says of a statement.
#[derive(Default)]
struct Entry {
    message: String,
    sql: String,
    counts: Counts,
}

/// What SQLite counts of a prepared statement, from its first run on.
type Counts = HashMap<&'static str, u64>;

static HEARD: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// Held by whoever listens: what is heard is of the whole process, in which tests run beside each other.
static LISTENING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Listens to the log from now on. The stores that are opened by the URL returned tell what their
/// database does, all of this process at once.
pub(crate) fn listen(url: &StoreUrl) -> StoreUrl {
    // Who came first listens already.
    let told = Targets::new()
        .with_target("kit::store", Level::TRACE)
        .with_target("sqlx::postgres::notice", Level::WARN);
    let _ = registry().with(told).with(Ear::default()).try_init();
    match url {
        StoreUrl::Sqlite(path) => StoreUrl::Sqlite(path.clone()),
        StoreUrl::Postgres(url) => {
            let settings = [
                ("session_preload_libraries", "auto_explain"),
                ("auto_explain.log_min_duration", "0"),
                ("auto_explain.log_analyze", "on"),
                ("auto_explain.log_timing", "off"),
                ("auto_explain.log_format", "json"),
                // What a session of ours still tells its client.
                ("auto_explain.log_level", "warning"),
            ];
            let telling = settings.iter().fold((**url).clone(), |url, (name, value)| {
                url.with_setting(name, value)
            });
            StoreUrl::Postgres(Box::new(telling))
        }
    }
}

/// Forgets what was heard before, works, and tells what was done for each statement.
pub(crate) async fn plans(url: &StoreUrl, work: impl Future<Output = ()>) -> Vec<Plan> {
    let _alone = LISTENING.lock().await;
    take();
    work.await;
    let heard = take().into_iter();
    match url {
        StoreUrl::Sqlite(path) => {
            let db = Connection::open(path).expect("the file is there");
            // A search index asks its own tables.
            let heard = heard.filter(|entry| !entry.sql.contains("'main'."));
            heard.map(|entry| sqlite_plan(&db, &entry)).collect()
        }
        StoreUrl::Postgres(_) => heard.filter_map(|entry| postgres_plan(&entry)).collect(),
    }
}

fn take() -> Vec<Entry> {
    mem::take(&mut *HEARD.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Remembers what each statement of SQLite had cost when it last ended.
#[derive(Default)]
struct Ear(Mutex<HashMap<String, Counts>>);

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut entry = Entry::default();
        event.record(&mut entry);
        if !entry.sql.is_empty() {
            let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let before = last.insert(entry.sql.clone(), entry.counts.clone());
            // The first run is that of a statement which was prepared anew.
            if let Some(before) = before.filter(|_| entry.counts["runs"] > 1) {
                for (name, count) in &mut entry.counts {
                    *count = count.saturating_sub(before[name]);
                }
            }
        }
        if !entry.sql.is_empty() || entry.message.contains("plan:\n") {
            let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push(entry);
        }
    }
}

impl Visit for Entry {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            "sql" => value.clone_into(&mut self.sql),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.counts.insert(field.name(), value);
    }
}

fn sqlite_plan(db: &Connection, entry: &Entry) -> Plan {
    let sql = &entry.sql;
    let count = |name| entry.counts.get(name).copied().unwrap_or(0);
    Plan {
        used: sqlite_steps(db, sql),
        read: count("steps") / STEPS,
        scanned: count("scanned"),
        // What is sorted and not cut off is answered.
        sorted: match count("sorts") > 0 && sql.contains(" limit ") {
            true => UNKNOWN,
            false => 0,
        },
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

fn postgres_plan(entry: &Entry) -> Option<Plan> {
    let (_, told) = entry.message.split_once("plan:\n")?;
    let told: Value = serde_json::from_str(told).expect("a plan in JSON");
    let mut plan = Plan::default();
    walk(&told["Plan"], &mut plan);
    Some(plan)
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
