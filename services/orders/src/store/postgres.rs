//! orders.db in PostgreSQL, shared by every replica.
//!
//! Leases are counted on the database's clock, so that replicas whose clocks differ agree on when
//! one ends: a time of this process is stored as its distance from now. A replica that sleeps
//! past its lease can still change nothing, because every write of progress names its owner.

#[macro_use]
mod rows;
mod cart_steps;
mod carts;
mod people;
mod writes;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events::{Outbox, postgres::PostgresOutbox},
    store::{Postgres, PostgresUrl, StoreError},
};
use sqlx::types::Json;
use uuid::Uuid;

use self::{
    people::has_left,
    writes::{from_now, insert, lock_cart, save},
};
use super::{Decide, Lease, Placing, Store, Stored, TOO_FAR, ids_within, times};
use crate::{
    Error,
    change::Change,
    declines,
    order::{Fingerprint, Order, Status},
};

/// The adapter.
pub struct PostgresStore {
    db: Postgres,
    /// Whether carts are kept elsewhere.
    carts_apart: bool,
}

impl PostgresStore {
    /// Connects, and migrates the database. Leases in it are those of other replicas.
    pub async fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        // Never sorts what an index keeps in order: how many orders a user has is guessed, and a
        // guess that is too low would have them all sorted for a page of them.
        let url = url
            .with_setting("enable_sort", "off")
            .with_setting("enable_incremental_sort", "off");
        let db = Postgres::open(&url, sqlx::migrate!("migrations/postgres")).await?;
        Ok(Self {
            db,
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
}

#[async_trait]
impl Store for PostgresStore {
    async fn place(
        &self,
        order: &Order,
        key: &str,
        fingerprint: Fingerprint,
        lease: &Lease,
    ) -> Result<Placing, Error> {
        let mut db = self.db.get().await?;
        let placing = insert(&mut db, order, key, fingerprint, lease, self.carts_apart).await?;
        if placing == Placing::Placed {
            return Ok(placing);
        }
        // Whoever has the key, or had the cart, has committed: the insert waited for that.
        let used = sqlx::query_scalar!(
            r#"select exists (select from purchase
               where user_id = $1 and idempotency_key = $2) as "used!""#,
            order.user_id,
            key
        );
        if used.fetch_one(&mut *db).await? {
            return Ok(Placing::KeyUsed);
        }
        match has_left(&mut db, order.user_id).await? {
            true => Ok(Placing::AccountDeleted),
            false => Ok(placing),
        }
    }

    async fn find_by_key(
        &self,
        user_id: Uuid,
        key: &str,
    ) -> Result<Option<(Order, Fingerprint)>, Error> {
        let mut db = self.db.get().await?;
        let mut found = orders!(
            db,
            "select ",
            " from purchase p where p.user_id = $1 and p.idempotency_key = $2
               and p.cart_step is distinct from 'take'",
            user_id,
            key
        );
        Ok(found.pop())
    }

    async fn declined(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Timestamp>, Error> {
        let [first, end] = ids_within(declines::WINDOW, now);
        let declined = sqlx::query_scalar!(
            "select placed_at from purchase
             where user_id = $1 and id >= $2 and id < $3 and reason = 'payment-declined'
             order by id desc limit $4",
            user_id,
            first,
            end,
            declines::MAX as i64
        );
        times(declined.fetch_all(&mut *self.db.get().await?).await?)
    }

    async fn find(&self, id: Uuid) -> Result<Option<Order>, Error> {
        let mut db = self.db.get().await?;
        let mut found = orders!(
            db,
            "select ",
            " from purchase p where p.id = $1 and p.cart_step is distinct from 'take'",
            id
        );
        Ok(found.pop())
    }

    /// That the user or the status is this one is not said outright: PostgreSQL would take such
    /// orders to be spread evenly among all, and may walk all to find a page of them. None of the
    /// newest is delivered.
    async fn list(
        &self,
        user_id: Option<Uuid>,
        status: Option<Status>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let mut db = self.db.get().await?;
        let (before, limit) = (before.unwrap_or(Uuid::max()), i64::from(limit));
        Ok(match (user_id, status.map(<&str>::from)) {
            (None, None) => orders!(
                db,
                "select ",
                " from purchase p where p.id < $1 and p.cart_step is distinct from 'take'
                  order by p.id desc limit $2",
                before,
                limit
            ),
            (Some(user_id), status) => orders!(
                db,
                "select ",
                " from purchase p where (p.user_id, p.id) < ($3, $1) and p.user_id >= $3
                    and ($4::text is null or p.status = $4)
                    and p.cart_step is distinct from 'take'
                  order by p.user_id desc, p.id desc limit $2",
                before,
                limit,
                user_id,
                status
            ),
            (None, Some(status)) => orders!(
                db,
                "select ",
                " from purchase p where (p.status, p.id) < ($3, $1) and p.status >= $3
                    and p.cart_step is distinct from 'take'
                  order by p.status desc, p.id desc limit $2",
                before,
                limit,
                status
            ),
        })
    }

    /// Another claimer's orders are passed over while it holds their rows, and not due once it let
    /// go.
    async fn claim_due(
        &self,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let mut db = self.db.get().await?;
        Ok(orders!(
            db,
            "with due as materialized (
               select id from purchase
               where not settled and cart_step is distinct from 'take'
                 and (lease_until <= (extract(epoch from now()) * 1000)::bigint + $3
                   or lease_until > (extract(epoch from now()) * 1000)::bigint + $5)
               order by lease_until limit $4 for update skip locked)
             update purchase p set lease_owner = $1,
               lease_until = (extract(epoch from now()) * 1000)::bigint + $2
             from due where p.id = due.id returning ",
            "",
            lease.owner,
            from_now(lease.until),
            from_now(now),
            i64::from(limit),
            from_now(now + TOO_FAR)
        ))
    }

    async fn advance(&self, change: Change, lease: &Lease) -> Result<Option<Order>, Error> {
        let mut db = self.db.get().await?;
        let owner = Some(lease.owner);
        let (apart, returns) = (
            self.carts_apart,
            change.returns_to_cart && !self.carts_apart,
        );
        let is_saved = if returns || change.order.is_over() {
            let mut tx = db.begin().await?;
            // Before the order's row, as whoever forgets a person has them.
            if returns {
                lock_cart(&mut tx, change.order.user_id).await?;
            }
            let is_saved = save(&mut tx, &change, Some(lease), owner, apart).await?;
            tx.commit().await?;
            is_saved
        } else {
            // One statement is a transaction of its own.
            save(&mut db, &change, Some(lease), owner, apart).await?
        };
        Ok(is_saved.then_some(change.order))
    }

    async fn put_off(&self, id: Uuid, owner: Uuid, until: Timestamp) -> Result<bool, Error> {
        let mut db = self.db.get().await?;
        let put_off = sqlx::query!(
            "with off as (
               update purchase set lease_owner = null, attempts = attempts + 1,
                 lease_until = (extract(epoch from now()) * 1000)::bigint + $3
               where id = $1 and lease_owner = $2 returning id)
             select pg_notify('outbox', id::text) from off",
            id,
            owner,
            from_now(until)
        );
        Ok(put_off.execute(&mut *db).await?.rows_affected() == 1)
    }

    async fn change(&self, id: Uuid, lease: Option<Lease>, decide: Decide) -> Result<Order, Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        // A driver may be confirming the order: wait for it, and only then read.
        let lock = sqlx::query!("select id from purchase where id = $1 for update", id);
        lock.fetch_optional(&mut *tx).await?;
        let mut found = orders!(
            tx,
            "select ",
            " from purchase p where p.id = $1 and p.cart_step is distinct from 'take'",
            id
        );
        let change = match found.pop().ok_or(Error::NotFound).and_then(decide) {
            Ok(change) => change,
            Err(refusal) => {
                // Who claims passes over what is locked, and it is not changed.
                tx.rollback().await?;
                return Err(refusal);
            }
        };
        save(&mut tx, &change, lease.as_ref(), None, self.carts_apart).await?;
        tx.commit().await?;
        Ok(change.order)
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(PostgresOutbox::new(self.db.clone()))
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}
