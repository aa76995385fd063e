//! People who leave, in PostgreSQL.
//!
//! Whoever places an order takes the cart's rows, and whoever fills a cart holds its lock. So once the cart of
//! somebody who leaves is emptied under that lock, what was being placed is placed, and nothing can be placed
//! any more: its orders are marked after that.

use async_trait::async_trait;
use jiff::Timestamp;
use kit::store::Connection;
use uuid::Uuid;

use super::{PostgresStore, writes::lock_cart};
use crate::{
    Error,
    store::{People, people::REMEMBERED},
};

/// An order without its person: nobody's, with its number in place of its key.
macro_rules! forget {
    ($which:literal, $id:expr) => {
        sqlx::query!(
            "update purchase set user_id = '00000000-0000-0000-0000-000000000000',
               idempotency_key = number, fingerprint = decode(repeat('00', 32), 'hex'),
               token = null, brand = null, last4 = null, tracking_code = null, is_leaving = false,
               cart_step = null,
               address = json_build_object('name', '', 'line1', '', 'line2', null, 'city', '',
                 'region', address::json ->> 'region', 'postal_code', '',
                 'country', address::json ->> 'country')::text
             where "
                + $which,
            $id
        )
    };
}

#[async_trait]
impl People for PostgresStore {
    async fn forget_person(&self, user_id: Uuid) -> Result<(), Error> {
        let now = Timestamp::now();
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock_cart(&mut tx, user_id).await?;
        let departed = sqlx::query!(
            "insert into departed (user_id, at) values ($1, $2) on conflict do nothing",
            user_id,
            now.as_millisecond()
        );
        departed.execute(&mut *tx).await?;
        let past = (now - REMEMBERED).as_millisecond();
        let long_gone = sqlx::query!("delete from departed where at < $1", past);
        long_gone.execute(&mut *tx).await?;
        let clear = sqlx::query!("delete from cart_item where user_id = $1", user_id);
        clear.execute(&mut *tx).await?;
        // Nobody comes again with the key. An order that ends meanwhile is over for the next statement.
        let leave = sqlx::query!(
            "update purchase set is_leaving = true, idempotency_key = number,
               fingerprint = decode(repeat('00', 32), 'hex')
             where user_id = $1 and not (settled and status in ('delivered', 'cancelled'))",
            user_id
        );
        leave.execute(&mut *tx).await?;
        let forget = forget!(
            "user_id = $1 and settled and status in ('delivered', 'cancelled')",
            user_id
        );
        forget.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

/// Whether the user has deleted the account.
pub(super) async fn has_left(db: &mut Connection, user_id: Uuid) -> Result<bool, Error> {
    let left = sqlx::query_scalar!(
        r#"select exists (select from departed where user_id = $1) as "left!""#,
        user_id
    );
    Ok(left.fetch_one(db).await?)
}

/// An order that is over loses its person, if the person is gone.
pub(super) async fn forget_if_leaving(db: &mut Connection, id: Uuid) -> Result<(), Error> {
    forget!("id = $1 and is_leaving", id).execute(db).await?;
    Ok(())
}
