//! A database with many orders, and everything that can be listed of it.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use kit::{
    events::{Consumer, Event, Fault},
    store::StoreUrl,
};
use orders::{
    order::Status,
    store::{Lease, Store, postgres::PostgresStore, sqlite::SqliteStore},
};
use rusqlite::Connection;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, raw_sql};
use testkit::lists::{List, Lists};
use uuid::Uuid;

/// A page, and the order that tells whether there is another.
const PAGE: u32 = 25;

/// How many orders a claim takes at most, as the driver's does.
const CLAIMED: u32 = 32;

/// How many events a turn of the relay takes.
const TURN: u64 = 256;

/// An order is read with its lines and its timeline, in one statement: that takes twice as much as a
/// list of what stands alone.
const WHOLE: u64 = 2;

const SEED: &str = include_str!("seed.sql");

/// The store, to be asked for its lists.
pub(crate) struct Orders(Arc<dyn Store>);

impl Lists for Orders {
    async fn open(url: &StoreUrl) -> Self {
        Self(match url {
            StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path).expect("it opens")),
            StoreUrl::Postgres(url) => {
                Arc::new(PostgresStore::open(url).await.expect("it connects"))
            }
        })
    }

    async fn seed(url: &StoreUrl, rows: u32) {
        drop(Self::open(url).await);
        // Each tenth order is one of a few users who have hundreds; the others have four or five.
        let user = format!(
            "case when n % 10 = 0 then 1 + n / 10 % {} else 1000 + n % {} end",
            1 + rows / 5_000,
            rows / 5
        );
        let placed = "1700000000000 + n * 30000";
        match url {
            StoreUrl::Sqlite(path) => {
                let db = Connection::open(path).expect("it was made");
                // References are right by how they are made, and a file that is not whole is made
                // anew.
                let sql = format!(
                    "pragma foreign_keys = off;
                     pragma synchronous = off;
                     pragma cache_size = -200000;
                     create temp table series as
                       with recursive series (n) as (
                         select 1 union all select n + 1 from series where n < {rows})
                       select n, unhex(printf('%012x%020x', {placed}, n)) as id,
                         unhex(printf('%032x', {user})) as user_id, zeroblob(32) as fingerprint
                       from series;
                     {SEED}"
                );
                db.execute_batch(&sql).expect("seeded");
            }
            StoreUrl::Postgres(url) => {
                // References are right here too. It takes longer than a store's statement may.
                let options = url
                    .connect_options()
                    .options([("session_replication_role", "replica")]);
                let mut db = PgConnection::connect_with(&options).await;
                let db = db.as_mut().expect("a connection");
                let sql = format!(
                    "create temp table series as
                       select n, (lpad(to_hex({placed}), 12, '0') || lpad(to_hex(n), 20, '0'))::uuid
                           as id,
                         lpad(to_hex({user}), 32, '0')::uuid as user_id,
                         decode(repeat('00', 32), 'hex') as fingerprint
                       from generate_series(1::bigint, {rows}) as series (n);
                     {SEED}"
                );
                let seeded = raw_sql(AssertSqlSafe(sql)).execute(db).await;
                seeded.expect("seeded");
            }
        }
    }

    async fn lists(&self, rows: u32) -> Vec<List> {
        let mut lists = Vec::new();
        let halfway = Some(id(rows / 2));
        let (busy, usual) = (Some(user(1)), Some(user(1_007)));
        for (name, of) in [("a busy user's", busy), ("a user's", usual), ("all", None)] {
            self.pages(&mut lists, name, of, None, halfway).await;
        }
        for status in [
            Status::Placed,
            Status::Confirmed,
            Status::Shipped,
            Status::Delivered,
            Status::Cancelled,
        ] {
            let name = format!("all {}", <&str>::from(status));
            self.pages(&mut lists, &name, None, Some(status), halfway)
                .await;
        }
        for status in [Status::Placed, Status::Delivered] {
            let name = format!("a busy user's {}", <&str>::from(status));
            self.pages(&mut lists, &name, busy, Some(status), halfway)
                .await;
        }
        self.others(&mut lists, rows);
        lists
    }
}

impl Orders {
    /// The first page of a list, the second, and one in the middle.
    async fn pages(
        &self,
        lists: &mut Vec<List>,
        name: &str,
        user: Option<Uuid>,
        status: Option<Status>,
        halfway: Option<Uuid>,
    ) {
        let first = self.0.list(user, status, None, PAGE).await;
        let first = first.expect("a page");
        // The order that tells of another page is not on this one.
        let last = (first.len() == PAGE as usize).then(|| first[first.len() - 2].id);
        let mut pages = vec![("page 1", None)];
        if last.is_some() {
            pages.extend([("page 2", last), ("half-way", halfway)]);
        }
        for (page, before) in pages {
            let store = self.0.clone();
            let name = format!("{name}, {page}");
            let list = List::new(name, WHOLE * u64::from(PAGE), move || {
                let store = store.clone();
                async move {
                    let page = store.list(user, status, before, PAGE).await;
                    page.expect("a page").len()
                }
            });
            lists.push(match (user, status) {
                // A user's orders are looked through for those of a status.
                (Some(_), Some(_)) => list.by("purchase_of_user").that_passes_over(),
                (Some(_), None) => list.by("purchase_of_user"),
                (None, Some(_)) => list.by("purchase_by_status"),
                (None, None) => list,
            });
        }
    }

    fn others(&self, lists: &mut Vec<List>, rows: u32) {
        let (store, order) = (self.0.clone(), id(rows / 3));
        lists.push(List::new("order by id", 10, move || {
            let store = store.clone();
            async move { usize::from(store.find(order).await.expect("an answer").is_some()) }
        }));
        let (store, key) = (self.0.clone(), format!("key-{}", 10 * (1 + rows / 5_000)));
        lists.push(List::new("order by key", 10, move || {
            let (store, key) = (store.clone(), key.clone());
            async move {
                let found = store.find_by_key(user(1), &key).await;
                usize::from(found.expect("an answer").is_some())
            }
        }));
        let store = self.0.clone();
        lists.push(List::new("a full cart", 100, move || {
            let store = store.clone();
            async move { store.cart(user(1)).await.expect("items").len() }
        }));
        let store = self.0.clone();
        let due = List::new("due orders", WHOLE * u64::from(CLAIMED), move || {
            let store = store.clone();
            async move {
                let now = Timestamp::now();
                // It ends at once, so that each claim finds the same orders due.
                let lease = Lease {
                    owner: Uuid::now_v7(),
                    until: now - SignedDuration::from_secs(1),
                };
                let claimed = store.claim_due(now, &lease, CLAIMED).await;
                claimed.expect("orders").len()
            }
        });
        lists.push(due.by("purchase_due"));
        let store = self.0.clone();
        lists.push(List::new("head of the outbox", TURN, move || {
            let store = store.clone();
            async move {
                // What a consumer refuses stays, so that each turn finds the same events.
                let refused = store.outbox().dispatch(&[Arc::new(Refuses)]).await;
                refused.expect_err("refused");
                TURN as usize
            }
        }));
    }
}

struct Refuses;

#[async_trait]
impl Consumer for Refuses {
    fn name(&self) -> &'static str {
        "refuses"
    }

    async fn consume(&self, _: &[Event]) -> Result<(), Fault> {
        Err("not now".into())
    }
}

/// The id of the order of this number.
fn id(n: u32) -> Uuid {
    Uuid::from_u128((1_700_000_000_000 + u128::from(n) * 30_000) << 80 | u128::from(n))
}

/// The user of this number.
fn user(n: u128) -> Uuid {
    Uuid::from_u128(n)
}
