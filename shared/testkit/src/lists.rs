//! The lists that a store offers, on a database with many rows: that each is found by an index and
//! sorts no more than a page, for a test at a few thousand rows and for a bench at a million.

use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use kit::store::StoreUrl;
use serde::Serialize;
use sqlx::{Connection, PgConnection, raw_sql};

use crate::{
    plan::{Plan, UNKNOWN, listen, plans},
    postgres::{Server, Sync},
};

/// How often a list is asked for while its time is measured, at most.
const REPETITIONS: usize = 200;

/// How long one list may be measured, if it is slow.
const MEASURED_FOR: Duration = Duration::from_secs(3);

/// How often a list is asked for while its plans are heard. PostgreSQL plans a prepared statement
/// anew five times before it may keep a plan for all values.
const HEARD: usize = 8;

/// How many rows of another table may belong to one that is listed.
const RELATED: u64 = 4;

/// A store that has lists.
pub trait Lists: Sized {
    /// Opens the store.
    fn open(url: &StoreUrl) -> impl Future<Output = Self>;

    /// Fills an empty database with so many rows of what it has most of.
    fn seed(url: &StoreUrl, rows: u32) -> impl Future<Output = ()>;

    /// The lists of a database with so many.
    fn lists(&self, rows: u32) -> impl Future<Output = Vec<List>>;
}

/// A list that a store is asked for.
pub struct List {
    name: String,
    page: u64,
    by: Option<String>,
    /// How many rows it may read.
    reads: u64,
    sorts_what_it_finds: bool,
    ask: Box<dyn Fn() -> BoxFuture<'static, usize>>,
}

impl List {
    /// A list of this name with at most `page` rows; `ask` answers how many there were.
    pub fn new<F>(name: impl Into<String>, page: u64, ask: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = usize> + Send + 'static,
    {
        Self {
            name: name.into(),
            page,
            by: None,
            reads: page * RELATED,
            sorts_what_it_finds: false,
            ask: Box::new(move || Box::pin(ask())),
        }
    }

    /// This index, and no other of its table, finds what is listed.
    #[must_use]
    pub fn by(mut self, index: impl Into<String>) -> Self {
        self.by = Some(index.into());
        self
    }

    /// A filter is asked of each row in the list's order: it may read more than is listed.
    #[must_use]
    pub fn that_passes_over(mut self) -> Self {
        self.reads = u64::MAX;
        self
    }

    /// The order of what is found is known only when all of it is: the list may read and sort that
    /// many rows.
    #[must_use]
    pub fn that_sorts_what_it_finds(mut self, rows: u64) -> Self {
        self.reads = rows;
        self.sorts_what_it_finds = true;
        self
    }

    /// Asks for it as often as it takes to hear all its plans.
    async fn asked(&self) {
        for _ in 0..HEARD {
            (self.ask)().await;
        }
    }

    /// What must not be in any of these plans, each once.
    fn faults(&self, plans: &[Plan]) -> Vec<String> {
        let mut faults: Vec<_> = plans.iter().filter_map(|plan| self.fault(plan)).collect();
        let mut used = plans.iter().flat_map(|plan| &plan.used);
        let missed = self.by.iter().filter(|by| !used.any(|used| used == *by));
        faults.extend(missed.map(|by| format!("uses not {by} but {}", line(plans))));
        faults.sort();
        faults.dedup();
        faults
    }

    fn fault(&self, plan: &Plan) -> Option<String> {
        let Plan {
            scanned,
            sorted,
            read,
            ..
        } = *plan;
        if scanned > self.page {
            return Some(format!("reads {scanned} rows without an index"));
        }
        if read > self.reads {
            return Some(format!("reads {read} rows"));
        }
        match sorted {
            _ if self.sorts_what_it_finds => None,
            UNKNOWN => Some("sorts more than a page".to_owned()),
            sorted if sorted > self.page => Some(format!("sorts {sorted} rows")),
            _ => None,
        }
    }
}

/// What a list costs.
#[derive(Debug, Serialize)]
pub struct Report {
    name: String,
    rows: usize,
    p50_ms: f64,
    p95_ms: f64,
    plan: String,
    read: u64,
    faults: Vec<String>,
}

/// Panics where a list of this empty database, once it has so many rows, reads a table without an
/// index or sorts more than a page.
pub async fn check<L: Lists>(url: &StoreUrl, rows: u32) {
    L::seed(url, rows).await;
    settle(url).await;
    let url = listen(url);
    let lists = L::open(&url).await.lists(rows).await;
    let mut faults = Vec::new();
    for list in &lists {
        let plans = plans(&url, list.asked()).await;
        assert!(!plans.is_empty(), "{}: no statement was heard", list.name);
        let of = list.faults(&plans).into_iter();
        faults.extend(of.map(|fault| format!("{} {fault}", list.name)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Seeds a database and measures each list: `sqlite` or `postgres`, and how many rows, are the
/// program's arguments. Prints a line of JSON for each list.
pub async fn bench<L: Lists>() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, rows] = &arguments[..] else {
        panic!("expected: sqlite|postgres <rows>")
    };
    let rows = rows.parse().expect("a number of rows");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = (database == "postgres").then(|| Server::start(Sync::Off));
    let made = match &server {
        Some(server) => Some(server.database().await),
        None => None,
    };
    let url = match &made {
        Some(made) => made.url(),
        None => StoreUrl::Sqlite(folder.path().join("lists.db")),
    };
    let started = Instant::now();
    L::seed(&url, rows).await;
    settle(&url).await;
    eprintln!("{database} seeded in {:.0?}", started.elapsed());

    // What is logged is slower, so all times are taken first.
    let mut times = Vec::new();
    for list in &L::open(&url).await.lists(rows).await {
        times.push(time(list).await);
    }
    let url = listen(&url);
    let lists = L::open(&url).await.lists(rows).await;
    for (list, (rows, mut times)) in lists.iter().zip(times) {
        let plans = plans(&url, list.asked()).await;
        times.sort();
        let ms = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1e3;
        let report = Report {
            name: list.name.clone(),
            rows,
            p50_ms: ms(50),
            p95_ms: ms(95),
            plan: line(&plans),
            read: plans.iter().map(|plan| plan.read).max().unwrap_or(0),
            faults: list.faults(&plans),
        };
        let report = serde_json::to_string(&report).expect("a report is plain data");
        println!("{report}");
    }
}

/// Lets PostgreSQL learn what there is, as it does by itself after a while.
async fn settle(url: &StoreUrl) {
    if let StoreUrl::Postgres(url) = url {
        // It takes longer than a statement may on a store's connection.
        let options = url.connect_options();
        let mut db = PgConnection::connect_with(&options).await;
        let db = db.as_mut().expect("a connection");
        raw_sql("vacuum analyze")
            .execute(db)
            .await
            .expect("a vacuum");
    }
}

/// How many rows the list has, and how long it took each time.
async fn time(list: &List) -> (usize, Vec<Duration>) {
    // Statements are prepared, and the cache is warm.
    list.asked().await;
    let (started, mut rows, mut times) = (Instant::now(), 0, Vec::new());
    while times.len() < REPETITIONS && (started.elapsed() < MEASURED_FOR || times.is_empty()) {
        let asked = Instant::now();
        rows = (list.ask)().await;
        times.push(asked.elapsed());
    }
    (rows, times)
}

/// The indexes of all plans, each once, and what the last of them sorts.
fn line(plans: &[Plan]) -> String {
    let mut used: Vec<&str> = Vec::new();
    for name in plans.iter().flat_map(|plan| &plan.used) {
        if !used.contains(&&**name) {
            used.push(name);
        }
    }
    let sorted = match plans.iter().map(|plan| plan.sorted).max() {
        Some(0) | None => String::new(),
        Some(UNKNOWN) => "; sorts what it finds".to_owned(),
        Some(sorted) => format!("; sorts {sorted}"),
    };
    used.join(", ") + &sorted
}
