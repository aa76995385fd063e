//! What is left to do at carts that are kept apart, in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::types::Json;
use uuid::Uuid;

use super::{PostgresStore, writes::from_now};
use crate::{
    Error,
    order::Order,
    store::{
        Lease, Stored, TOO_FAR,
        apart::{CartStep, CartSteps},
    },
};

#[async_trait]
impl CartSteps for PostgresStore {
    async fn waiting(&self, user_id: Uuid, key: &str) -> Result<Option<Order>, Error> {
        let mut db = self.db.get().await?;
        let mut found = orders!(
            db,
            "select ",
            " from purchase p where p.user_id = $1 and p.idempotency_key = $2
               and p.cart_step = 'take'",
            user_id,
            key
        );
        Ok(found.pop())
    }

    async fn claim_cart_steps(
        &self,
        step: CartStep,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let mut db = self.db.get().await?;
        Ok(orders!(
            db,
            "with due as materialized (
               select id from purchase
               where cart_step = $6
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
            from_now(now + TOO_FAR),
            <&str>::from(step)
        ))
    }

    async fn end_cart_step(&self, id: Uuid, step: CartStep) -> Result<(), Error> {
        let end = sqlx::query!(
            "update purchase set cart_step = null where id = $1 and cart_step = $2",
            id,
            <&str>::from(step)
        );
        end.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }

    async fn withdraw(&self, id: Uuid) -> Result<(), Error> {
        let withdraw = sqlx::query!(
            "with withdrawn as (
               delete from purchase where id = $1 and cart_step = 'take' returning id),
             lines as (
               delete from purchase_line using withdrawn where purchase_id = withdrawn.id)
             delete from timeline using withdrawn where purchase_id = withdrawn.id",
            id
        );
        withdraw.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }
}
