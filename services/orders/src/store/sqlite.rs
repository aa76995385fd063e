//! orders.db in SQLite.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events::{self, Outbox, sqlite::SqliteOutbox},
    store::{Migration, Sqlite, StoreError},
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params, types::Type};
use uuid::Uuid;

use super::{Lease, Placing, Progress, Store, facts};
use crate::{
    Error,
    address::Address,
    cart::{Item, Line, MAX_ITEMS, Totals},
    money::{CURRENCY, Money},
    order::{Fingerprint, Moment, Number, Order, Payment, PaymentStatus, Status},
    payments::Card,
    saga::{Reason, Saga},
    tracking::TrackingCode,
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

const PURCHASE: &str = "id, number, user_id, status, saga, reason, lines_at_fault, subtotal, \
    shipping, tax, total, address, token, brand, last4, payment_status, placed_at, attempts, \
    fingerprint, tracking_code";

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
        Self::Unavailable(fault.into())
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn cart(&self, user_id: Uuid) -> Result<Vec<Item>, Error> {
        self.db.read(|db| Ok(select_cart(db, user_id)?))
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
                if let Some((stored, fingerprint)) = select_by_key(db, order.user_id, &key)? {
                    return Ok(Placing::Exists(Box::new(stored), fingerprint));
                }
                let taken = db
                    .prepare_cached("select 1 from purchase where number = ?1")?
                    .exists([order.number.as_str()])?;
                if taken {
                    return Ok(Placing::NumberTaken);
                }
                if !crate::cart::same_basket(&select_cart(db, order.user_id)?, &order.items()) {
                    return Ok(Placing::CartChanged);
                }
                db.prepare_cached("delete from cart_item where user_id = ?1")?
                    .execute([order.user_id])?;
                insert(db, &order, &key, fingerprint, &lease)?;
                Ok(Placing::Placed)
            })
            .await
    }

    async fn find_by_key(
        &self,
        user_id: Uuid,
        key: &str,
    ) -> Result<Option<(Order, Fingerprint)>, Error> {
        self.db.read(|db| Ok(select_by_key(db, user_id, key)?))
    }

    async fn find(&self, id: Uuid) -> Result<Option<Order>, Error> {
        self.db.read(|db| Ok(select(db, id)?))
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
        let name = status.map(Status::name);
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
        self.db.read(|db| Ok(select_all(db, &rest, &values)?))
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let lease = *lease;
        let now = now.as_millisecond();
        // Most turns find nothing: look before taking the writer.
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
                Ok(orders.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn advance(
        &self,
        id: Uuid,
        lease: &Lease,
        progress: Progress,
    ) -> Result<Option<Order>, Error> {
        let lease = *lease;
        self.db
            .write(move |db| {
                let owned = db
                    .prepare_cached(
                        "update purchase set lease_until = ?3, attempts = 0
                         where id = ?1 and lease_owner = ?2",
                    )?
                    .execute(params![id, lease.owner, lease.until.as_millisecond()])?;
                let order = select(db, id)?;
                let Some(order) = order.filter(|_| owned == 1) else {
                    return Ok(None);
                };
                store_progress(db, &order, progress)?;
                Ok(select(db, id)?)
            })
            .await
    }

    async fn put_off(&self, id: Uuid, owner: Uuid, until: Timestamp) -> Result<(), Error> {
        self.db
            .write(move |db| {
                db.prepare_cached(
                    "update purchase
                     set lease_owner = null, lease_until = ?3, attempts = attempts + 1
                     where id = ?1 and lease_owner = ?2",
                )?
                .execute(params![id, owner, until.as_millisecond()])?;
                Ok(())
            })
            .await
    }

    async fn cancel(&self, user_id: Uuid, id: Uuid, lease: &Lease) -> Result<Order, Error> {
        let lease = *lease;
        self.db
            .write(move |db| {
                let order = select(db, id)?.filter(|order| order.user_id == user_id);
                let order = order.ok_or(Error::NotFound)?;
                match order.status {
                    Status::Placed | Status::Confirmed => {}
                    Status::Shipped | Status::Delivered | Status::Cancelled => {
                        return Err(Error::WrongState);
                    }
                }
                db.prepare_cached(
                    "update purchase set lease_owner = ?2, lease_until = ?3, attempts = 0
                     where id = ?1",
                )?
                .execute(params![
                    id,
                    lease.owner,
                    lease.until.as_millisecond()
                ])?;
                store_progress(db, &order, Progress::Cancelled(Reason::Shopper, None))?;
                select(db, id)?.ok_or(Error::NotFound)
            })
            .await
    }

    async fn ship(&self, id: Uuid, code: Option<TrackingCode>) -> Result<Order, Error> {
        self.db
            .write(move |db| {
                let order = settled(db, id, Status::Confirmed)?;
                set_status(db, &order, Status::Shipped, Saga::Settled)?;
                db.prepare_cached("update purchase set tracking_code = ?2 where id = ?1")?
                    .execute(params![id, code.as_ref().map(TrackingCode::as_str)])?;
                select(db, id)?.ok_or(Error::NotFound)
            })
            .await
    }

    async fn deliver(&self, id: Uuid) -> Result<Order, Error> {
        self.db
            .write(move |db| {
                let order = settled(db, id, Status::Shipped)?;
                set_status(db, &order, Status::Delivered, Saga::Settled)?;
                select(db, id)?.ok_or(Error::NotFound)
            })
            .await
    }

    async fn timeline(&self, id: Uuid, after: i64) -> Result<Vec<Moment>, Error> {
        self.db.read(|db| Ok(select_timeline(db, id, after)?))
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        self.outbox.clone()
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

/// The order, if it is settled and has this status.
fn settled(db: &Connection, id: Uuid, status: Status) -> Result<Order, Error> {
    let order = select(db, id)?.ok_or(Error::NotFound)?;
    match order.status == status {
        true if order.saga == Saga::Settled => Ok(order),
        true => Err(Error::Settling),
        false => Err(Error::WrongState),
    }
}

fn store_progress(db: &Connection, order: &Order, progress: Progress) -> Result<(), Error> {
    match progress {
        Progress::Confirmed(card) => {
            set_status(db, order, Status::Confirmed, Saga::Confirmed)?;
            set_payment(db, order.id, PaymentStatus::Authorised, card)?;
        }
        Progress::Settled => {
            set_saga(db, order.id, Saga::Settled)?;
            set_payment(db, order.id, PaymentStatus::Captured, None)?;
        }
        Progress::Cancelled(reason, card) => {
            set_status(db, order, Status::Cancelled, Saga::Cancelling)?;
            set_reason(db, order.id, &reason)?;
            let status = match reason {
                Reason::PaymentDeclined => PaymentStatus::Declined,
                Reason::OutOfStock(_) | Reason::Shopper => order.payment.status,
            };
            set_payment(db, order.id, status, card)?;
            if reason.is_refusal() {
                return_to_cart(db, order)?;
            }
        }
        Progress::Undone(status) => {
            set_saga(db, order.id, Saga::Undone)?;
            set_payment(db, order.id, status, None)?;
        }
    }
    Ok(())
}

fn set_saga(db: &Connection, id: Uuid, saga: Saga) -> Result<(), rusqlite::Error> {
    db.prepare_cached("update purchase set saga = ?2, settled = ?3 where id = ?1")?
        .execute(params![id, saga.name(), saga.step().is_none()])
        .map(drop)
}

fn set_status(
    db: &Connection,
    order: &Order,
    status: Status,
    saga: Saga,
) -> Result<(), rusqlite::Error> {
    db.prepare_cached("update purchase set status = ?2, saga = ?3, settled = ?4 where id = ?1")?
        .execute(params![
            order.id,
            status.name(),
            saga.name(),
            saga.step().is_none()
        ])?;
    note(db, order, status)
}

/// Adds the change to the timeline and the outbox.
fn note(db: &Connection, order: &Order, status: Status) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "insert into timeline (purchase_id, sequence, status, at)
         select ?1, coalesce(max(sequence), 0) + 1, ?2, ?3 from timeline where purchase_id = ?1",
    )?
    .execute(params![
        order.id,
        status.name(),
        Timestamp::now().as_millisecond()
    ])?;
    match facts::event(order, status) {
        Some(event) => events::sqlite::append(db, &event),
        None => Ok(()),
    }
}

/// The token goes as soon as the card has answered, or need not answer any more.
fn set_payment(
    db: &Connection,
    id: Uuid,
    status: PaymentStatus,
    card: Option<Card>,
) -> Result<(), rusqlite::Error> {
    let (brand, last4) = card.map(|card| (card.brand, card.last4)).unzip();
    db.prepare_cached(
        "update purchase set payment_status = ?2, brand = coalesce(?3, brand),
           last4 = coalesce(?4, last4), token = null
         where id = ?1",
    )?
    .execute(params![id, status.name(), brand, last4])
    .map(drop)
}

fn set_reason(db: &Connection, id: Uuid, reason: &Reason) -> Result<(), rusqlite::Error> {
    db.prepare_cached("update purchase set reason = ?2, lines_at_fault = ?3 where id = ?1")?
        .execute(params![id, reason.name(), reason.at_fault()])
        .map(drop)
}

/// What the shopper has put into the cart meanwhile stays as it is.
fn return_to_cart(db: &Connection, order: &Order) -> Result<(), rusqlite::Error> {
    let mut insert = db.prepare_cached(
        "insert into cart_item (user_id, product_id, quantity, added_at)
         values (?1, ?2, ?3, ?4) on conflict do nothing",
    )?;
    let at = order.placed_at.as_microsecond();
    for (item, place) in order.items().into_iter().zip(0_i64..) {
        let Item {
            product_id,
            quantity,
        } = item;
        insert.execute(params![
            order.user_id,
            product_id,
            quantity.get(),
            at + place
        ])?;
    }
    Ok(())
}

fn insert(
    db: &Connection,
    order: &Order,
    key: &str,
    fingerprint: Fingerprint,
    lease: &Lease,
) -> Result<(), Error> {
    let address =
        serde_json::to_string(&order.address).map_err(|fault| Error::Internal(fault.into()))?;
    db.prepare_cached(
        "insert into purchase (id, number, user_id, idempotency_key, fingerprint, status, saga,
           currency, subtotal, shipping, tax, total, address, token, payment_status, placed_at,
           settled, lease_owner, lease_until, attempts)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, 0, ?17,
           ?18, 0)",
    )?
    .execute(params![
        order.id,
        order.number.as_str(),
        order.user_id,
        key,
        fingerprint.0,
        order.status.name(),
        order.saga.name(),
        CURRENCY,
        order.totals.subtotal.minor(),
        order.totals.shipping.minor(),
        order.totals.tax.minor(),
        order.totals.total.minor(),
        address,
        order.payment.token.as_ref().map(|token| token.as_str()),
        order.payment.status.name(),
        order.placed_at.as_millisecond(),
        lease.owner,
        lease.until.as_millisecond(),
    ])?;
    let mut line = db.prepare_cached(
        "insert into purchase_line (purchase_id, place, product_id, name, unit_price, quantity)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (bought, place) in order.lines.iter().zip(0_i64..) {
        line.execute(params![
            order.id,
            place,
            bought.item.product_id,
            bought.name,
            bought.unit_price.minor(),
            bought.item.quantity.get()
        ])?;
    }
    Ok(note(db, order, order.status)?)
}

fn select_cart(db: &Connection, user_id: Uuid) -> Result<Vec<Item>, rusqlite::Error> {
    db.prepare_cached(
        "select product_id, quantity from cart_item where user_id = ?1
         order by added_at, product_id",
    )?
    .query_map([user_id], |row| {
        Ok(Item {
            product_id: row.get(0)?,
            quantity: row
                .get::<_, i64>(1)?
                .try_into()
                .map_err(|_| corrupt("quantity"))?,
        })
    })?
    .collect()
}

fn select_by_key(
    db: &Connection,
    user_id: Uuid,
    key: &str,
) -> Result<Option<(Order, Fingerprint)>, rusqlite::Error> {
    let sql =
        format!("select {PURCHASE} from purchase where user_id = ?1 and idempotency_key = ?2");
    let found = db
        .prepare_cached(&sql)?
        .query_row(params![user_id, key], |row| {
            Ok((purchase(row)?, Fingerprint(row.get(18)?)))
        })
        .optional()?;
    found
        .map(|(order, fingerprint)| Ok((complete(db, order)?, fingerprint)))
        .transpose()
}

fn select(db: &Connection, id: Uuid) -> Result<Option<Order>, rusqlite::Error> {
    Ok(select_all(db, "where id = ?1", &[&id])?.pop())
}

fn select_all(
    db: &Connection,
    rest: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<Order>, rusqlite::Error> {
    let orders: Vec<Order> = db
        .prepare_cached(&format!("select {PURCHASE} from purchase {rest}"))?
        .query_map(values, purchase)?
        .collect::<Result<_, _>>()?;
    orders
        .into_iter()
        .map(|order| complete(db, order))
        .collect()
}

fn complete(db: &Connection, mut order: Order) -> Result<Order, rusqlite::Error> {
    order.lines = db
        .prepare_cached(
            "select product_id, name, unit_price, quantity from purchase_line
             where purchase_id = ?1 order by place",
        )?
        .query_map([order.id], line)?
        .collect::<Result<_, _>>()?;
    order.timeline = select_timeline(db, order.id, 0)?;
    Ok(order)
}

fn select_timeline(db: &Connection, id: Uuid, after: i64) -> Result<Vec<Moment>, rusqlite::Error> {
    db.prepare_cached(
        "select sequence, status, at from timeline
         where purchase_id = ?1 and sequence > ?2 order by sequence",
    )?
    .query_map(params![id, after], |row| {
        Ok(Moment {
            sequence: row.get(0)?,
            status: status(&row.get::<_, String>(1)?)?,
            at: time(row, 2)?,
        })
    })?
    .collect()
}

fn line(row: &Row<'_>) -> Result<Line, rusqlite::Error> {
    let item = Item {
        product_id: row.get(0)?,
        quantity: row
            .get::<_, i64>(3)?
            .try_into()
            .map_err(|_| corrupt("quantity"))?,
    };
    Line::new(item, row.get(1)?, money(row, 2)?).map_err(|_| corrupt("unit_price"))
}

/// Without its lines and timeline.
fn purchase(row: &Row<'_>) -> Result<Order, rusqlite::Error> {
    let saga: String = row.get(4)?;
    let address: String = row.get(11)?;
    let address: Address = serde_json::from_str(&address).map_err(|_| corrupt("address"))?;
    let token: Option<String> = row.get(12)?;
    let token = token.map(|token| token.parse().map_err(|_| corrupt("token")));
    let payment_status: String = row.get(15)?;
    let code: Option<String> = row.get(19)?;
    let code = code.map(|code| code.parse().map_err(|_| corrupt("tracking_code")));
    Ok(Order {
        id: row.get(0)?,
        number: Number::stored(row.get(1)?),
        user_id: row.get(2)?,
        status: status(&row.get::<_, String>(3)?)?,
        saga: Saga::named(&saga).ok_or_else(|| corrupt("saga"))?,
        reason: reason(row)?,
        lines: Vec::new(),
        totals: Totals {
            subtotal: money(row, 7)?,
            shipping: money(row, 8)?,
            tax: money(row, 9)?,
            total: money(row, 10)?,
        },
        address,
        payment: Payment {
            token: token.transpose()?,
            brand: row.get(13)?,
            last4: row.get(14)?,
            status: PaymentStatus::named(&payment_status)
                .ok_or_else(|| corrupt("payment_status"))?,
        },
        placed_at: time(row, 16)?,
        tracking_code: code.transpose()?,
        attempts: row.get(17)?,
        timeline: Vec::new(),
    })
}

fn reason(row: &Row<'_>) -> Result<Option<Reason>, rusqlite::Error> {
    let name: Option<String> = row.get(5)?;
    let at_fault: Option<String> = row.get(6)?;
    Reason::stored(name.as_deref(), at_fault.as_deref()).map_err(|_| corrupt("reason"))
}

fn status(name: &str) -> Result<Status, rusqlite::Error> {
    Status::named(name).ok_or_else(|| corrupt("status"))
}

fn money(row: &Row<'_>, column: usize) -> Result<Money, rusqlite::Error> {
    Money::cents(row.get(column)?).map_err(|_| corrupt("amount"))
}

fn time(row: &Row<'_>, column: usize) -> Result<Timestamp, rusqlite::Error> {
    Timestamp::from_millisecond(row.get(column)?).map_err(|_| corrupt("time"))
}

fn corrupt(column: &str) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(0, column.to_owned(), Type::Text)
}
