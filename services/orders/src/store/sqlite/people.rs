//! People who leave, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::{SqliteStore, carts::CLEAR_CART, writes::execute};
use crate::{
    Error,
    store::{People, people::REMEMBERED},
};

/// An order without its person: nobody's, with its number in place of its key.
const FORGET: &str = "update purchase set user_id = zeroblob(16), idempotency_key = number,
       fingerprint = zeroblob(32), token = null, brand = null, last4 = null, tracking_code = null,
       is_leaving = 0, cart_step = null,
       address = json_object('name', '', 'line1', '', 'line2', null, 'city', '',
         'region', address ->> '$.region', 'postal_code', '', 'country', address ->> '$.country')";

/// As [`crate::order::Order::is_over`].
const OVER: &str = "settled = 1 and status in ('delivered', 'cancelled')";

#[async_trait]
impl People for SqliteStore {
    async fn forget_person(&self, user_id: Uuid) -> Result<(), Error> {
        let now = Timestamp::now();
        let past = (now - REMEMBERED).as_millisecond();
        let forget = format!("{FORGET} where user_id = ?1 and {OVER}");
        // Nobody comes again with the key.
        let leave = format!(
            "update purchase set is_leaving = 1, idempotency_key = number, fingerprint = zeroblob(32)
             where user_id = ?1 and not ({OVER})"
        );
        self.db
            .write(move |db| {
                let departed =
                    "insert into departed (user_id, at) values (?1, ?2) on conflict do nothing";
                execute(db, departed, (user_id, now.as_millisecond()))?;
                execute(db, "delete from departed where at < ?1", [past])?;
                execute(db, CLEAR_CART, [user_id])?;
                execute(db, &leave, [user_id])?;
                execute(db, &forget, [user_id]).map(drop)
            })
            .await
    }
}

/// Whether the user has deleted the account.
pub(super) fn has_left(db: &Connection, user_id: Uuid) -> Result<bool, Error> {
    let left = "select 1 from departed where user_id = ?1";
    Ok(db.prepare_cached(left)?.exists([user_id])?)
}

/// An order that is over loses its person, if the person is gone.
pub(super) fn forget_if_leaving(db: &Connection, id: Uuid) -> Result<(), Error> {
    let forget = format!("{FORGET} where id = ?1 and is_leaving = 1");
    execute(db, &forget, [id]).map(drop)
}
