//! orders.db in SQLite.

mod cart_steps;
mod carts;
mod people;
mod rows;
mod writes;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events::{Outbox, sqlite::SqliteOutbox},
    store::{Migration, Sqlite, StoreError},
};
use rusqlite::{Connection, Params};
use uuid::Uuid;

use self::{
    carts::{CLEAR_CART, select_cart},
    people::has_left,
    rows::orders,
    writes::{execute, insert, save},
};
use super::{Decide, Lease, Placing, Store, TOO_FAR, ids_within, times};
use crate::{
    Error,
    cart::same_basket,
    change::Change,
    declines,
    order::{Fingerprint, Order, Status},
};

const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_create_orders",
        sql: include_str!("../../migrations/sqlite/0001_create_orders.sql"),
    },
    Migration {
        name: "0002_add_tracking_code",
        sql: include_str!("../../migrations/sqlite/0002_add_tracking_code.sql"),
    },
    Migration {
        name: "0003_create_departed",
        sql: include_str!("../../migrations/sqlite/0003_create_departed.sql"),
    },
    Migration {
        name: "0004_keep_carts_apart",
        sql: include_str!("../../migrations/sqlite/0004_keep_carts_apart.sql"),
    },
    Migration {
        name: "0006_add_category",
        sql: include_str!("../../migrations/sqlite/0006_add_category.sql"),
    },
];

/// The order of an id, unless its lines are still to be taken.
const OF_ID: &str = "from purchase where id = ?1 and cart_step is not 'take'";

/// The adapter.
pub struct SqliteStore {
    db: Sqlite,
    outbox: Arc<SqliteOutbox>,
    /// Whether carts are kept elsewhere.
    carts_apart: bool,
}

impl SqliteStore {
    /// Opens the file and migrates it. A file belongs to one process, so leases found in it are a
    /// dead one's: they are free at once.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let db = Sqlite::open(path, MIGRATIONS)?;
        Connection::open(path)?.execute(
            "update purchase set lease_owner = null, lease_until = 0
             where settled = 0 or cart_step is not null",
            [],
        )?;
        let outbox = Arc::new(SqliteOutbox::new(db.clone()));
        Ok(Self {
            db,
            outbox,
            carts_apart: false,
        })
    }

    /// The same for orders whose carts are [kept apart](super::apart).
    pub fn with_carts_apart(self) -> Self {
        Self {
            carts_apart: true,
            ..self
        }
    }

    /// Writes one statement. How many rows it changed.
    async fn execute(
        &self,
        sql: &'static str,
        values: impl Params + Send + 'static,
    ) -> Result<usize, Error> {
        self.db.write(move |db| execute(db, sql, values)).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn place(
        &self,
        order: &Order,
        key: &str,
        fingerprint: Fingerprint,
        lease: &Lease,
    ) -> Result<Placing, Error> {
        let (order, key, lease) = (order.clone(), key.to_owned(), *lease);
        let carts_apart = self.carts_apart;
        self.db
            .write(move |db| {
                if has_left(db, order.user_id)? {
                    return Ok(Placing::AccountDeleted);
                }
                let is_same =
                    carts_apart || same_basket(&select_cart(db, order.user_id)?, &order.items());
                if is_same && insert(db, &order, &key, fingerprint, &lease, carts_apart)? {
                    execute(db, CLEAR_CART, [order.user_id])?;
                    return Ok(Placing::Placed);
                }
                let used = "select 1 from purchase where user_id = ?1 and idempotency_key = ?2";
                let is_used = db.prepare_cached(used)?.exists((order.user_id, key))?;
                Ok(match (is_used, is_same) {
                    (true, _) => Placing::KeyUsed,
                    (false, false) => Placing::CartChanged,
                    (false, true) => Placing::NumberTaken,
                })
            })
            .await
    }

    async fn find_by_key(
        &self,
        user_id: Uuid,
        key: &str,
    ) -> Result<Option<(Order, Fingerprint)>, Error> {
        let of_key = "from purchase
             where user_id = ?1 and idempotency_key = ?2 and cart_step is not 'take'";
        let find = |db: &_| orders(db, "select", of_key, (user_id, key));
        Ok(self.db.read(find)?.pop())
    }

    async fn declined(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Timestamp>, Error> {
        let [first, end] = ids_within(declines::WINDOW, now);
        let declined = "select placed_at from purchase indexed by purchase_of_user
             where user_id = ?1 and id >= ?2 and id < ?3 and reason = 'payment-declined'
             order by id desc limit ?4";
        let values = (user_id, first, end, declines::MAX as i64);
        let placed_at = self.db.read(|db| {
            let mut declined = db.prepare_cached(declined)?;
            let rows = declined.query_map(values, |row| row.get(0))?;
            rows.collect::<Result<_, _>>()
        });
        times(placed_at?)
    }

    async fn find(&self, id: Uuid) -> Result<Option<Order>, Error> {
        let find = |db: &_| orders(db, "select", OF_ID, [id]);
        Ok(self.db.read(find)?.pop())
    }

    async fn list(
        &self,
        user_id: Option<Uuid>,
        status: Option<Status>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let of = match (user_id, status) {
            // Left to itself SQLite may take the index of the status, and look at everybody's.
            (Some(_), _) => {
                "indexed by purchase_of_user where user_id = ?1 and (?2 is null or status = ?2) and"
            }
            (None, Some(_)) => "where status = ?2 and",
            (None, None) => "where",
        };
        let page = format!(
            "from purchase {of} id < ?3 and cart_step is not 'take' order by id desc limit ?4"
        );
        let status = status.map(<&str>::from);
        let values = (user_id, status, before.unwrap_or(Uuid::max()), limit);
        self.db.read(|db| orders(db, "select", &page, values))
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let too_far = (now + TOO_FAR).as_millisecond();
        let now = now.as_millisecond();
        // Most look-ups find nothing: look before taking the writer.
        let due = "select 1 from purchase
             where settled = 0 and cart_step is not 'take' and (lease_until <= ?1 or lease_until > ?2)";
        let is_due = |db: &Connection| db.prepare_cached(due)?.exists([now, too_far]);
        if !self.db.read(is_due)? {
            return Ok(Vec::new());
        }
        let claim = "update purchase set lease_owner = ?1, lease_until = ?2
             where id in (select id from purchase
               where settled = 0 and cart_step is not 'take' and (lease_until <= ?3 or lease_until > ?4)
               order by lease_until limit ?5)
             returning";
        let until = lease.until.as_millisecond();
        let values = (lease.owner, until, now, too_far, limit);
        self.db.write(move |db| orders(db, claim, "", values)).await
    }

    async fn advance(&self, change: Change, lease: &Lease) -> Result<Option<Order>, Error> {
        let (lease, carts_apart) = (*lease, self.carts_apart);
        self.db
            .write(move |db| {
                let is_saved = save(db, &change, Some(lease), Some(lease.owner), carts_apart)?;
                Ok(is_saved.then_some(change.order))
            })
            .await
    }

    async fn put_off(&self, id: Uuid, owner: Uuid, until: Timestamp) -> Result<bool, Error> {
        let put_off = "update purchase
             set lease_owner = null, lease_until = ?3, attempts = attempts + 1
             where id = ?1 and lease_owner = ?2";
        let values = (id, owner, until.as_millisecond());
        Ok(self.execute(put_off, values).await? == 1)
    }

    async fn change(&self, id: Uuid, lease: Option<Lease>, decide: Decide) -> Result<Order, Error> {
        let carts_apart = self.carts_apart;
        self.db
            .write(move |db| {
                let found = orders(db, "select", OF_ID, [id])?.pop();
                let change = decide(found.ok_or(Error::NotFound)?)?;
                save(db, &change, lease, None, carts_apart)?;
                Ok(change.order)
            })
            .await
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        self.outbox.clone()
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}
