//! What is left to do at carts that are kept apart, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::{SqliteStore, rows::orders, writes::execute};
use crate::{
    Error,
    order::Order,
    store::{
        Lease, TOO_FAR,
        apart::{CartStep, CartSteps},
    },
};

#[async_trait]
impl CartSteps for SqliteStore {
    async fn waiting(&self, user_id: Uuid, key: &str) -> Result<Option<Order>, Error> {
        let waiting = "from purchase
             where user_id = ?1 and idempotency_key = ?2 and cart_step = 'take'";
        let find = |db: &_| orders(db, "select", waiting, (user_id, key));
        Ok(self.db.read(find)?.pop())
    }

    async fn claim_cart_steps(
        &self,
        step: CartStep,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let too_far = (now + TOO_FAR).as_millisecond();
        let (now, step) = (now.as_millisecond(), <&str>::from(step));
        let due = "select 1 from purchase
             where cart_step = ?1 and (lease_until <= ?2 or lease_until > ?3)";
        let is_due = |db: &Connection| db.prepare_cached(due)?.exists((step, now, too_far));
        if !self.db.read(is_due)? {
            return Ok(Vec::new());
        }
        let claim = "update purchase set lease_owner = ?1, lease_until = ?2
             where id in (select id from purchase
               where cart_step = ?3 and (lease_until <= ?4 or lease_until > ?5)
               order by lease_until limit ?6)
             returning";
        let until = lease.until.as_millisecond();
        let values = (lease.owner, until, step, now, too_far, limit);
        self.db.write(move |db| orders(db, claim, "", values)).await
    }

    async fn end_cart_step(&self, id: Uuid, step: CartStep) -> Result<(), Error> {
        let end = "update purchase set cart_step = null where id = ?1 and cart_step = ?2";
        self.execute(end, (id, <&str>::from(step))).await.map(drop)
    }

    async fn withdraw(&self, id: Uuid) -> Result<(), Error> {
        let withdraw = move |db: &Connection| {
            let is_waiting = "select 1 from purchase where id = ?1 and cart_step = 'take'";
            if !db.prepare_cached(is_waiting)?.exists([id])? {
                return Ok(());
            }
            for delete in [
                "delete from purchase_line where purchase_id = ?1",
                "delete from timeline where purchase_id = ?1",
                "delete from purchase where id = ?1",
            ] {
                execute(db, delete, [id])?;
            }
            Ok(())
        };
        self.db.write(withdraw).await
    }
}
