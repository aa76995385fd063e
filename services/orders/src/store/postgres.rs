//! orders.db in PostgreSQL, shared by every replica.
//!
//! Leases are counted on the database's clock, so that replicas whose clocks differ agree on when
//! one ends: a moment of this process is stored as its distance from now. A replica that sleeps
//! past its lease can still change nothing, because every write of progress names its owner.

mod rows;
mod writes;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events::{Outbox, postgres::PostgresOutbox},
    store::{Migration, Postgres, PostgresError, PostgresUrl, Statements, StoreError},
};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use self::{
    rows::{ORDER, item, order, select_by_key, status, time},
    writes::{change_status, from_now, insert, insert_lines, lock_cart, note, store_progress},
};
use super::{Lease, Placing, Progress, Store};
use crate::{
    Error,
    cart::{Item, MAX_ITEMS, same_basket},
    order::{Fingerprint, Moment, Order, Status},
    saga::Reason,
    tracking::TrackingCode,
};

const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_create_orders",
        sql: include_str!("../../migrations/postgres/0001_create_orders.sql"),
    },
    Migration {
        name: "0002_add_tracking_code",
        sql: include_str!("../../migrations/postgres/0002_add_tracking_code.sql"),
    },
];

/// The database's clock, at the start of the transaction, in milliseconds.
const NOW: &str = "(extract(epoch from now()) * 1000)::bigint";

/// The adapter.
pub struct PostgresStore {
    db: Postgres,
}

impl PostgresStore {
    /// Connects, and migrates the database. Leases in it are those of other replicas.
    pub async fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        let db = Postgres::open(&session(url), MIGRATIONS).await?;
        Ok(Self { db })
    }
}

/// Never sorts what an index keeps in order: how many orders a user has is guessed, and a guess
/// that is too low would have them all sorted for a page of them.
fn session(url: &PostgresUrl) -> PostgresUrl {
    url.with_setting("enable_sort", "off")
        .with_setting("enable_incremental_sort", "off")
}

impl From<PostgresError> for Error {
    fn from(fault: PostgresError) -> Self {
        if fault.is_unavailable() {
            Self::Unavailable(fault.into())
        } else {
            Self::Internal(fault.into())
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(fault: tokio_postgres::Error) -> Self {
        PostgresError::from(fault).into()
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn cart(&self, user_id: Uuid) -> Result<Vec<Item>, Error> {
        let sql = "select product_id, quantity from cart_item where user_id = $1
             order by added_at, product_id";
        let rows = self.db.get().await?.all(sql, &[&user_id]).await?;
        Ok(rows.iter().map(item).collect::<Result<_, _>>()?)
    }

    async fn set_item(&self, user_id: Uuid, item: Item) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let tx = db.transaction().await?;
        lock_cart(&tx, user_id).await?;
        let put = tx
            .run(
                "insert into cart_item (user_id, product_id, quantity, added_at)
                 select $1::uuid, $2::uuid, $3::bigint, $4::bigint
                 where (select count(*) from cart_item
                   where user_id = $1 and product_id <> $2) < $5
                 on conflict (user_id, product_id) do update set quantity = excluded.quantity",
                &[
                    &user_id,
                    &item.product_id,
                    &i64::from(item.quantity.get()),
                    &Timestamp::now().as_microsecond(),
                    &(MAX_ITEMS as i64),
                ],
            )
            .await?;
        if put == 0 {
            return Err(Error::CartFull);
        }
        Ok(tx.commit().await?)
    }

    async fn remove_item(&self, user_id: Uuid, product_id: Uuid) -> Result<(), Error> {
        let sql = "delete from cart_item where user_id = $1 and product_id = $2";
        let db = self.db.get().await?;
        db.run(sql, &[&user_id, &product_id]).await?;
        Ok(())
    }

    async fn clear_cart(&self, user_id: Uuid) -> Result<(), Error> {
        let sql = "delete from cart_item where user_id = $1";
        self.db.get().await?.run(sql, &[&user_id]).await?;
        Ok(())
    }

    async fn place(
        &self,
        order: &Order,
        key: &str,
        fingerprint: Fingerprint,
        lease: &Lease,
    ) -> Result<Placing, Error> {
        let mut db = self.db.get().await?;
        let tx = db.transaction().await?;
        if !insert(&tx, order, key, fingerprint, lease).await? {
            // Whoever has the key, or the number, has committed: the insert waited for that.
            return Ok(match select_by_key(&tx, order.user_id, key).await? {
                Some((stored, known)) => Placing::Exists(Box::new(stored), known),
                None => Placing::NumberTaken,
            });
        }
        // What is taken out is what was compared, whoever changes the cart meanwhile.
        let sql = "delete from cart_item where user_id = $1 returning product_id, quantity";
        let cart = tx.all(sql, &[&order.user_id]).await?;
        let cart: Vec<Item> = cart.iter().map(item).collect::<Result<_, _>>()?;
        if !same_basket(&cart, &order.items()) {
            return Ok(Placing::CartChanged);
        }
        insert_lines(&tx, order).await?;
        note(&tx, order, order.status).await?;
        tx.commit().await?;
        Ok(Placing::Placed)
    }

    async fn find_by_key(
        &self,
        user_id: Uuid,
        key: &str,
    ) -> Result<Option<(Order, Fingerprint)>, Error> {
        let db = self.db.get().await?;
        Ok(select_by_key(&*db, user_id, key).await?)
    }

    async fn find(&self, id: Uuid) -> Result<Option<Order>, Error> {
        let sql = format!("select {ORDER} from purchase p where p.id = $1");
        let row = self.db.get().await?.maybe(&sql, &[&id]).await?;
        Ok(row.as_ref().map(order).transpose()?)
    }

    async fn list(
        &self,
        user_id: Option<Uuid>,
        status: Option<Status>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let (before, limit) = (before.unwrap_or(Uuid::max()), i64::from(limit));
        let name = status.map(Status::name);
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&before, &limit];
        values.extend(user_id.as_ref().map(|id| id as &(dyn ToSql + Sync)));
        values.extend(name.as_ref().map(|name| name as &(dyn ToSql + Sync)));
        let sql = list_statement(user_id.is_some(), status.is_some());
        let rows = self.db.get().await?.all(&sql, &values).await?;
        Ok(rows.iter().map(order).collect::<Result<_, _>>()?)
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let sql = claim_statement();
        let values: &[&(dyn ToSql + Sync)] = &[
            &lease.owner,
            &from_now(lease.until),
            &from_now(now),
            &i64::from(limit),
        ];
        let rows = self.db.get().await?.all(&sql, values).await?;
        Ok(rows.iter().map(order).collect::<Result<_, _>>()?)
    }

    async fn advance(
        &self,
        id: Uuid,
        lease: &Lease,
        progress: Progress,
    ) -> Result<Option<Order>, Error> {
        let mut db = self.db.get().await?;
        let tx = db.transaction().await?;
        // The one update decides whether the lease holds, and keeps the row until the commit.
        let advanced = store_progress(&tx, id, lease, progress, "p.lease_owner = $2").await?;
        tx.commit().await?;
        Ok(advanced)
    }

    async fn put_off(&self, id: Uuid, owner: Uuid, until: Timestamp) -> Result<(), Error> {
        let sql = format!(
            "with off as (
               update purchase set lease_owner = null, lease_until = {NOW} + $3,
                 attempts = attempts + 1
               where id = $1 and lease_owner = $2 returning id)
             select pg_notify('outbox', id::text) from off"
        );
        let db = self.db.get().await?;
        db.run(&sql, &[&id, &owner, &from_now(until)]).await?;
        Ok(())
    }

    async fn cancel(&self, user_id: Uuid, id: Uuid, lease: &Lease) -> Result<Order, Error> {
        let mut db = self.db.get().await?;
        let tx = db.transaction().await?;
        // A driver may be confirming the order: wait for it, and only then read.
        let sql = "select status from purchase where id = $1 and user_id = $2 for update";
        let present = tx.maybe(sql, &[&id, &user_id]).await?;
        match status(&present.ok_or(Error::NotFound)?)? {
            Status::Placed | Status::Confirmed => {}
            Status::Shipped | Status::Delivered | Status::Cancelled => {
                return Err(Error::WrongState);
            }
        }
        let progress = Progress::Cancelled(Reason::Shopper, None);
        let cancelled = store_progress(&tx, id, lease, progress, "true").await?;
        tx.commit().await?;
        cancelled.ok_or(Error::NotFound)
    }

    async fn ship(&self, id: Uuid, code: Option<TrackingCode>) -> Result<Order, Error> {
        change_status(&self.db, id, [Status::Confirmed, Status::Shipped], code).await
    }

    async fn deliver(&self, id: Uuid) -> Result<Order, Error> {
        change_status(&self.db, id, [Status::Shipped, Status::Delivered], None).await
    }

    async fn timeline(&self, id: Uuid) -> Result<Vec<Moment>, Error> {
        let sql = "select sequence, status, at from timeline
             where purchase_id = $1 order by sequence";
        let rows = self.db.get().await?.all(sql, &[&id]).await?;
        let moments = rows.iter().map(|row| {
            Ok(Moment {
                sequence: row.try_get("sequence")?,
                status: status(row)?,
                at: time(row.try_get("at")?)?,
            })
        });
        Ok(moments.collect::<Result<_, PostgresError>>()?)
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(PostgresOutbox::new(self.db.clone()))
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

/// A page of orders, newest first: older than `$1`, at most `$2`; then the user, the status.
///
/// That the user or the status is this one is not said outright: PostgreSQL would take such orders
/// to be spread evenly among all, and may walk all to find a page of them. None of the newest is
/// delivered.
fn list_statement(of_user: bool, of_status: bool) -> String {
    let (filter, order) = match (of_user, of_status) {
        (false, false) => ("p.id < $1", "p.id desc"),
        (true, false) => (
            "(p.user_id, p.id) < ($3, $1) and p.user_id >= $3",
            "p.user_id desc, p.id desc",
        ),
        (true, true) => (
            "(p.user_id, p.id) < ($3, $1) and p.user_id >= $3 and p.status = $4",
            "p.user_id desc, p.id desc",
        ),
        (false, true) => (
            "(p.status, p.id) < ($3, $1) and p.status >= $3",
            "p.status desc, p.id desc",
        ),
    };
    format!("select {ORDER} from purchase p where {filter} order by {order} limit $2")
}

/// Gives orders that are due at `$3` from now to `$1` until `$2` from now, at most `$4`. Another
/// claimer's are passed over while it holds their rows, and not due once it let go.
fn claim_statement() -> String {
    format!(
        "with due as materialized (
           select id from purchase where not settled and lease_until <= {NOW} + $3
           order by lease_until limit $4 for update skip locked)
         update purchase p set lease_owner = $1, lease_until = {NOW} + $2
         from due where p.id = due.id returning {ORDER}"
    )
}

#[cfg(test)]
mod tests;
