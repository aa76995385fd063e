//! Carts, in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use super::{PostgresStore, people::has_left, writes::lock_cart};
use crate::{
    Error,
    cart::{Item, MAX_ITEMS},
    store::{Carts, item},
};

#[async_trait]
impl Carts for PostgresStore {
    async fn cart(&self, user_id: Uuid) -> Result<Vec<Item>, Error> {
        let mut db = self.db.get().await?;
        let rows = sqlx::query!(
            "select product_id, quantity from cart_item where user_id = $1
             order by added_at, product_id",
            user_id
        );
        let rows = rows.fetch_all(&mut *db).await?.into_iter();
        rows.map(|row| item(row.product_id, row.quantity)).collect()
    }

    async fn set_item(&self, user_id: Uuid, item: Item) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock_cart(&mut tx, user_id).await?;
        if has_left(&mut tx, user_id).await? {
            return Err(Error::AccountDeleted);
        }
        let put = sqlx::query!(
            "insert into cart_item (user_id, product_id, quantity, added_at)
             select $1::uuid, $2::uuid, $3::bigint, greatest($4::bigint, (
               select max(added_at) + 1 from cart_item where user_id = $1))
             where (select count(*) from cart_item
               where user_id = $1 and product_id <> $2) < $5
             on conflict (user_id, product_id) do update set quantity = excluded.quantity",
            user_id,
            item.product_id,
            i64::from(item.quantity.get()),
            Timestamp::now().as_microsecond(),
            MAX_ITEMS as i64
        );
        if put.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::CartFull);
        }
        Ok(tx.commit().await?)
    }

    async fn remove_item(&self, user_id: Uuid, product_id: Uuid) -> Result<(), Error> {
        let remove = sqlx::query!(
            "delete from cart_item where user_id = $1 and product_id = $2",
            user_id,
            product_id
        );
        remove.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }

    async fn clear_cart(&self, user_id: Uuid) -> Result<(), Error> {
        let clear = sqlx::query!("delete from cart_item where user_id = $1", user_id);
        clear.execute(&mut *self.db.get().await?).await?;
        Ok(())
    }
}
