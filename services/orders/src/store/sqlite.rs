//! orders.db in SQLite.

mod rows;
mod writes;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events::{Outbox, sqlite::SqliteOutbox},
    store::{Migration, Sqlite, StoreError},
};
use rusqlite::{Connection, ErrorCode, ToSql, params};
use uuid::Uuid;

use self::{
    rows::{select, select_all, select_by_key, select_cart, select_timeline},
    writes::{insert, save},
};
use super::{Decide, Lease, Placing, Store};
use crate::{
    Error,
    cart::{Item, MAX_ITEMS, same_basket},
    change::Change,
    order::{Fingerprint, Order, Status, TimelineEntry},
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
];

/// The adapter.
pub struct SqliteStore {
    db: Sqlite,
    outbox: Arc<SqliteOutbox>,
}

impl SqliteStore {
    /// Opens the file and migrates it. A file belongs to one process, so leases found in it are a
    /// dead one's: they are free at once.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let db = Sqlite::open(path, MIGRATIONS)?;
        Connection::open(path)?.execute(
            "update purchase set lease_owner = null, lease_until = 0 where settled = 0",
            [],
        )?;
        let outbox = Arc::new(SqliteOutbox::new(db.clone()));
        Ok(Self { db, outbox })
    }
}

impl From<rusqlite::Error> for Error {
    fn from(fault: rusqlite::Error) -> Self {
        match fault.sqlite_error_code() {
            // A value of another type, a statement that is none, a broken rule of the schema.
            None | Some(ErrorCode::Unknown | ErrorCode::ConstraintViolation) => {
                Self::Internal(fault.into())
            }
            Some(_) => Self::Unavailable(fault.into()),
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn cart(&self, user_id: Uuid) -> Result<Vec<Item>, Error> {
        self.db.read(|db| select_cart(db, user_id))
    }

    async fn set_item(&self, user_id: Uuid, item: Item) -> Result<(), Error> {
        self.db
            .write(move |db| {
                let others: u32 = db
                    .prepare_cached(
                        "select count(*) from cart_item where user_id = ?1 and product_id <> ?2",
                    )?
                    .query_row(params![user_id, item.product_id], |row| row.get(0))?;
                if others as usize >= MAX_ITEMS {
                    return Err(Error::CartFull);
                }
                db.prepare_cached(
                    "insert into cart_item (user_id, product_id, quantity, added_at)
                     values (?1, ?2, ?3, ?4)
                     on conflict do update set quantity = excluded.quantity",
                )?
                .execute(params![
                    user_id,
                    item.product_id,
                    item.quantity.get(),
                    Timestamp::now().as_microsecond()
                ])?;
                Ok(())
            })
            .await
    }

    async fn remove_item(&self, user_id: Uuid, product_id: Uuid) -> Result<(), Error> {
        self.db
            .write(move |db| {
                db.prepare_cached("delete from cart_item where user_id = ?1 and product_id = ?2")?
                    .execute([user_id, product_id])?;
                Ok(())
            })
            .await
    }

    async fn clear_cart(&self, user_id: Uuid) -> Result<(), Error> {
        self.db
            .write(move |db| {
                db.prepare_cached("delete from cart_item where user_id = ?1")?
                    .execute([user_id])?;
                Ok(())
            })
            .await
    }

    async fn place(
        &self,
        order: &Order,
        key: &str,
        fingerprint: Fingerprint,
        lease: &Lease,
    ) -> Result<Placing, Error> {
        let (order, key, lease) = (order.clone(), key.to_owned(), *lease);
        self.db
            .write(move |db| {
                let is_same = same_basket(&select_cart(db, order.user_id)?, &order.items());
                if is_same && insert(db, &order, &key, fingerprint, &lease)? {
                    db.prepare_cached("delete from cart_item where user_id = ?1")?
                        .execute([order.user_id])?;
                    return Ok(Placing::Placed);
                }
                let is_used = db
                    .prepare_cached(
                        "select 1 from purchase where user_id = ?1 and idempotency_key = ?2",
                    )?
                    .exists(params![order.user_id, key])?;
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
        self.db.read(|db| select_by_key(db, user_id, key))
    }

    async fn find(&self, id: Uuid) -> Result<Option<Order>, Error> {
        self.db.read(|db| select(db, id))
    }

    async fn list(
        &self,
        user_id: Option<Uuid>,
        status: Option<Status>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let mut filter = String::from("id < ?1");
        let before = before.unwrap_or(Uuid::max());
        let mut values: Vec<&dyn ToSql> = vec![&before];
        if let Some(user_id) = &user_id {
            values.push(user_id);
            filter += &format!(" and user_id = ?{}", values.len());
        }
        let name = status.map(|status| status.name());
        if let Some(name) = &name {
            values.push(name);
            filter += &format!(" and status = ?{}", values.len());
        }
        values.push(&limit);
        // Left to itself SQLite may take the index of the status, and look at everybody's orders.
        let index = match user_id {
            Some(_) => "indexed by purchase_of_user",
            None => "",
        };
        let rest = format!(
            "{index} where {filter} order by id desc limit ?{}",
            values.len()
        );
        self.db.read(|db| select_all(db, &rest, &values))
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let lease = *lease;
        let now = now.as_millisecond();
        // Most look-ups find nothing: look before taking the writer.
        let due = self.db.read(|db| {
            db.prepare_cached("select 1 from purchase where settled = 0 and lease_until <= ?1")?
                .exists([now])
        })?;
        if !due {
            return Ok(Vec::new());
        }
        self.db
            .write(move |db| {
                let ids: Vec<Uuid> = db
                    .prepare_cached(
                        "update purchase set lease_owner = ?1, lease_until = ?2
                         where id in (
                           select id from purchase where settled = 0 and lease_until <= ?3
                           order by lease_until limit ?4)
                         returning id",
                    )?
                    .query_map(
                        params![lease.owner, lease.until.as_millisecond(), now, limit],
                        |row| row.get(0),
                    )?
                    .collect::<Result<_, _>>()?;
                let orders = ids.into_iter().filter_map(|id| select(db, id).transpose());
                orders.collect()
            })
            .await
    }

    async fn advance(&self, change: Change, lease: &Lease) -> Result<Option<Order>, Error> {
        let lease = *lease;
        self.db
            .write(move |db| {
                let is_saved = save(db, &change, Some(lease), Some(lease.owner))?;
                Ok(is_saved.then_some(change.order))
            })
            .await
    }

    async fn put_off(&self, id: Uuid, owner: Uuid, until: Timestamp) -> Result<bool, Error> {
        self.db
            .write(move |db| {
                let put_off = db
                    .prepare_cached(
                        "update purchase
                         set lease_owner = null, lease_until = ?3, attempts = attempts + 1
                         where id = ?1 and lease_owner = ?2",
                    )?
                    .execute(params![id, owner, until.as_millisecond()])?;
                Ok(put_off == 1)
            })
            .await
    }

    async fn change(&self, id: Uuid, lease: Option<Lease>, decide: Decide) -> Result<Order, Error> {
        self.db
            .write(move |db| {
                let change = decide(select(db, id)?.ok_or(Error::NotFound)?)?;
                save(db, &change, lease, None)?;
                Ok(change.order)
            })
            .await
    }

    async fn timeline(&self, id: Uuid) -> Result<Vec<TimelineEntry>, Error> {
        self.db.read(|db| select_timeline(db, id))
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        self.outbox.clone()
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}
