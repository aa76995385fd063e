//! Carts, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::{SqliteStore, people::has_left, writes::execute};
use crate::{
    Error,
    cart::{Item, MAX_ITEMS},
    store::{Carts, item},
};

pub(super) const CLEAR_CART: &str = "delete from cart_item where user_id = ?1";

#[async_trait]
impl Carts for SqliteStore {
    async fn cart(&self, user_id: Uuid) -> Result<Vec<Item>, Error> {
        self.db.read(|db| select_cart(db, user_id))
    }

    async fn set_item(&self, user_id: Uuid, item: Item) -> Result<(), Error> {
        let put = "insert into cart_item (user_id, product_id, quantity, added_at)
             select ?1, ?2, ?3, max(?4, (
               select coalesce(max(added_at) + 1, 0) from cart_item where user_id = ?1))
             where (select count(*) from cart_item where user_id = ?1 and product_id <> ?2) < ?5
             on conflict do update set quantity = excluded.quantity";
        let now = Timestamp::now().as_microsecond();
        let (product, quantity) = (item.product_id, item.quantity.get());
        let values = (user_id, product, quantity, now, MAX_ITEMS as i64);
        let put = self.db.write(move |db| match has_left(db, user_id)? {
            true => Err(Error::AccountDeleted),
            false => execute(db, put, values),
        });
        match put.await? {
            0 => Err(Error::CartFull),
            _ => Ok(()),
        }
    }

    async fn remove_item(&self, user_id: Uuid, product_id: Uuid) -> Result<(), Error> {
        let remove = "delete from cart_item where user_id = ?1 and product_id = ?2";
        self.execute(remove, [user_id, product_id]).await.map(drop)
    }

    async fn clear_cart(&self, user_id: Uuid) -> Result<(), Error> {
        self.execute(CLEAR_CART, [user_id]).await.map(drop)
    }
}

pub(super) fn select_cart(db: &Connection, user_id: Uuid) -> Result<Vec<Item>, Error> {
    let mut cart = db.prepare_cached(
        "select product_id, quantity from cart_item where user_id = ?1
         order by added_at, product_id",
    )?;
    let rows = cart.query_and_then([user_id], |row| item(row.get(0)?, row.get(1)?))?;
    rows.collect()
}
