//! orders.db in PostgreSQL, shared by every replica.
//!
//! Leases are counted on the database's clock, so that replicas whose clocks differ agree on when
//! one ends: a moment of this process is stored as its distance from now. A replica that sleeps
//! past its lease can still change nothing, because every write of progress names its owner.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events::{self, Outbox, postgres::PostgresOutbox},
    store::{Migration, Postgres, PostgresError, PostgresUrl, Statements, StoreError},
};
use serde::Deserialize;
use tokio_postgres::{
    Row,
    types::{Json, ToSql},
};
use uuid::Uuid;

use super::{Lease, Placing, Progress, Store, facts};
use crate::{
    Error,
    cart::{Item, Line, MAX_ITEMS, Quantity, Totals, same_basket},
    money::{CURRENCY, Money},
    order::{Fingerprint, Moment, Number, Order, Payment, PaymentStatus, Status},
    payments::Card,
    saga::{Reason, Saga},
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

/// An order with its lines and its timeline, of `purchase p`.
const ORDER: &str = "p.id, p.number, p.user_id, p.fingerprint, p.status, p.saga, p.reason, \
    p.lines_at_fault, p.subtotal, p.shipping, p.tax, p.total, p.address, p.token, p.brand, \
    p.last4, p.payment_status, p.placed_at, p.attempts, \
    p.tracking_code, \
    (select json_agg(line order by place) from purchase_line line where purchase_id = p.id) \
      as lines, \
    (select json_agg(moment order by sequence) from timeline moment where purchase_id = p.id) \
      as timeline";

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
        // Two that add to one cart at once would both see room for one more.
        let one_by_one = "select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))";
        tx.run(one_by_one, &[&user_id]).await?;
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

    async fn timeline(&self, id: Uuid, after: i64) -> Result<Vec<Moment>, Error> {
        let sql = "select sequence, status, at from timeline
             where purchase_id = $1 and sequence > $2 order by sequence";
        let rows = self.db.get().await?.all(sql, &[&id, &after]).await?;
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

/// Takes a settled order from one status to the next; a code that it has stays where none comes.
async fn change_status(
    db: &Postgres,
    id: Uuid,
    [from, to]: [Status; 2],
    code: Option<TrackingCode>,
) -> Result<Order, Error> {
    let mut db = db.get().await?;
    let tx = db.transaction().await?;
    let sql = format!(
        "update purchase p set status = $3, tracking_code = coalesce($4, p.tracking_code)
         where p.id = $1 and p.status = $2 and p.saga = 'settled'
         returning {ORDER}"
    );
    let code = code.as_ref().map(TrackingCode::as_str);
    let values: [&(dyn ToSql + Sync); 4] = [&id, &from.name(), &to.name(), &code];
    let Some(changed) = tx.maybe(&sql, &values).await? else {
        let sql = "select status from purchase where id = $1";
        let present = tx.maybe(sql, &[&id]).await?.ok_or(Error::NotFound)?;
        return Err(if status(&present)? == from {
            Error::Settling
        } else {
            Error::WrongState
        });
    };
    let mut changed = order(&changed)?;
    changed.timeline.push(note(&tx, &changed, to).await?);
    tx.commit().await?;
    Ok(changed)
}

/// Stores progress under `lease`, of an order that fulfils the condition; `None`, and nothing
/// changes, if it does not.
async fn store_progress(
    db: &impl Statements,
    id: Uuid,
    lease: &Lease,
    progress: Progress,
    condition: &str,
) -> Result<Option<Order>, PostgresError> {
    let Change {
        status,
        saga,
        reason,
        payment,
        card,
    } = progress.into();
    // The token goes as soon as the card has answered, or need not answer any more.
    let sql = format!(
        "update purchase p set lease_owner = $2, lease_until = {NOW} + $3, attempts = 0,
           status = coalesce($4, p.status), saga = $5, settled = $6,
           reason = coalesce($7, p.reason), lines_at_fault = coalesce($8, p.lines_at_fault),
           payment_status = coalesce($9, p.payment_status), brand = coalesce($10, p.brand),
           last4 = coalesce($11, p.last4), token = null
         where p.id = $1 and {condition}
         returning {ORDER}, pg_notify('outbox', p.id::text)"
    );
    let (brand, last4) = card.map(|card| (card.brand, card.last4)).unzip();
    let row = db
        .maybe(
            &sql,
            &[
                &id,
                &lease.owner,
                &from_now(lease.until),
                &status.map(Status::name),
                &saga.name(),
                &saga.step().is_none(),
                &reason.as_ref().map(Reason::name),
                &reason.as_ref().and_then(Reason::at_fault),
                &payment.map(PaymentStatus::name),
                &brand,
                &last4,
            ],
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let mut order = order(&row)?;
    if let Some(status) = status {
        order.timeline.push(note(db, &order, status).await?);
    }
    if reason.is_some_and(|reason| reason.is_refusal()) {
        return_to_cart(db, &order).await?;
    }
    Ok(Some(order))
}

/// What progress changes of a row; nothing where there is none.
struct Change {
    status: Option<Status>,
    saga: Saga,
    reason: Option<Reason>,
    payment: Option<PaymentStatus>,
    card: Option<Card>,
}

impl From<Progress> for Change {
    fn from(progress: Progress) -> Self {
        let to = |saga| Self {
            status: None,
            saga,
            reason: None,
            payment: None,
            card: None,
        };
        match progress {
            Progress::Confirmed(card) => Self {
                status: Some(Status::Confirmed),
                payment: Some(PaymentStatus::Authorised),
                card,
                ..to(Saga::Confirmed)
            },
            Progress::Settled => Self {
                payment: Some(PaymentStatus::Captured),
                ..to(Saga::Settled)
            },
            Progress::Cancelled(reason, card) => Self {
                status: Some(Status::Cancelled),
                payment: match reason {
                    Reason::PaymentDeclined => Some(PaymentStatus::Declined),
                    Reason::OutOfStock(_) | Reason::Shopper => None,
                },
                reason: Some(reason),
                card,
                ..to(Saga::Cancelling)
            },
            Progress::Undone(status) => Self {
                payment: Some(status),
                ..to(Saga::Undone)
            },
        }
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

/// Inserts the order's row; false, and nothing changes, when its key or its number has one.
async fn insert(
    db: &impl Statements,
    order: &Order,
    key: &str,
    fingerprint: Fingerprint,
    lease: &Lease,
) -> Result<bool, Error> {
    let address =
        serde_json::to_string(&order.address).map_err(|fault| Error::Internal(fault.into()))?;
    let sql = format!(
        "insert into purchase (id, number, user_id, idempotency_key, fingerprint, status, saga,
           currency, subtotal, shipping, tax, total, address, token, payment_status, placed_at,
           settled, lease_owner, lease_until, attempts)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, false,
           $17, {NOW} + $18, 0)
         on conflict do nothing"
    );
    let inserted = db
        .run(
            &sql,
            &[
                &order.id,
                &order.number.as_str(),
                &order.user_id,
                &key,
                &&fingerprint.0[..],
                &order.status.name(),
                &order.saga.name(),
                &CURRENCY,
                &order.totals.subtotal.minor(),
                &order.totals.shipping.minor(),
                &order.totals.tax.minor(),
                &order.totals.total.minor(),
                &address,
                &order.payment.token.as_ref().map(|token| token.as_str()),
                &order.payment.status.name(),
                &order.placed_at.as_millisecond(),
                &lease.owner,
                &from_now(lease.until),
            ],
        )
        .await?;
    Ok(inserted == 1)
}

async fn insert_lines(db: &impl Statements, order: &Order) -> Result<(), PostgresError> {
    let (products, quantities) = columns(order);
    let names: Vec<&str> = order.lines.iter().map(|line| &*line.name).collect();
    let prices = order.lines.iter().map(|line| line.unit_price.minor());
    db.run(
        "insert into purchase_line (purchase_id, product_id, name, unit_price, quantity, place)
         select $1, * from unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[])
           with ordinality",
        &[
            &order.id,
            &products,
            &names,
            &prices.collect::<Vec<_>>(),
            &quantities,
        ],
    )
    .await
    .map(drop)
}

/// What the shopper has put into the cart meanwhile stays as it is. In one order, so that two
/// that return to one cart never wait for one another.
async fn return_to_cart(db: &impl Statements, order: &Order) -> Result<(), PostgresError> {
    let (products, quantities) = columns(order);
    db.run(
        "insert into cart_item (user_id, product_id, quantity, added_at)
         select $1, product_id, quantity, $2 + place
         from unnest($3::uuid[], $4::bigint[]) with ordinality
           as line (product_id, quantity, place)
         order by product_id
         on conflict do nothing",
        &[
            &order.user_id,
            &order.placed_at.as_microsecond(),
            &products,
            &quantities,
        ],
    )
    .await
    .map(drop)
}

/// Adds the change to the timeline and the outbox; the moment added.
async fn note(
    db: &impl Statements,
    order: &Order,
    status: Status,
) -> Result<Moment, PostgresError> {
    let at = Timestamp::now().as_millisecond();
    let moment = db
        .one(
            "insert into timeline (purchase_id, sequence, status, at)
             select $1, coalesce(max(sequence), 0) + 1, $2, $3 from timeline
             where purchase_id = $1
             returning sequence",
            &[&order.id, &status.name(), &at],
        )
        .await?;
    if let Some(event) = facts::event(order, status) {
        events::postgres::append(db, &event).await?;
    }
    Ok(Moment {
        sequence: moment.try_get(0)?,
        status,
        at: time(at)?,
    })
}

async fn select_by_key(
    db: &impl Statements,
    user_id: Uuid,
    key: &str,
) -> Result<Option<(Order, Fingerprint)>, PostgresError> {
    let sql =
        format!("select {ORDER} from purchase p where p.user_id = $1 and p.idempotency_key = $2");
    let row = db.maybe(&sql, &[&user_id, &key]).await?;
    row.map(|row| {
        let fingerprint: &[u8] = row.try_get("fingerprint")?;
        let fingerprint = fingerprint.try_into();
        let fingerprint = fingerprint.map_err(|_| PostgresError::Corrupt("fingerprint"))?;
        Ok((order(&row)?, Fingerprint(fingerprint)))
    })
    .transpose()
}

/// The products and quantities of an order's lines.
fn columns(order: &Order) -> (Vec<Uuid>, Vec<i64>) {
    let items = order.items().into_iter();
    items
        .map(|item| (item.product_id, i64::from(item.quantity.get())))
        .unzip()
}

/// How far off a moment of this process's clock is, in milliseconds.
fn from_now(at: Timestamp) -> i64 {
    at.as_millisecond() - Timestamp::now().as_millisecond()
}

#[derive(Deserialize)]
struct LineRow {
    product_id: Uuid,
    name: String,
    unit_price: i64,
    quantity: i64,
}

#[derive(Deserialize)]
struct MomentRow {
    sequence: i64,
    status: Status,
    at: i64,
}

fn order(row: &Row) -> Result<Order, PostgresError> {
    let lines: Option<Json<Vec<LineRow>>> = row.try_get("lines")?;
    let lines = lines.into_iter().flat_map(|lines| lines.0).map(|line| {
        let item = Item {
            product_id: line.product_id,
            quantity: quantity(line.quantity)?,
        };
        Line::new(item, line.name, money(line.unit_price)?)
            .map_err(|_| PostgresError::Corrupt("unit_price"))
    });
    let timeline: Option<Json<Vec<MomentRow>>> = row.try_get("timeline")?;
    let timeline = timeline.into_iter().flat_map(|moments| moments.0);
    let timeline = timeline.map(|moment| {
        Ok(Moment {
            sequence: moment.sequence,
            status: moment.status,
            at: time(moment.at)?,
        })
    });
    let address = serde_json::from_str(row.try_get("address")?);
    let token: Option<&str> = row.try_get("token")?;
    let attempts: i64 = row.try_get("attempts")?;
    let code: Option<&str> = row.try_get("tracking_code")?;
    let corrupt = PostgresError::Corrupt;
    Ok(Order {
        id: row.try_get("id")?,
        number: Number::stored(row.try_get("number")?),
        user_id: row.try_get("user_id")?,
        status: status(row)?,
        saga: Saga::named(row.try_get("saga")?).ok_or(corrupt("saga"))?,
        reason: Reason::stored(row.try_get("reason")?, row.try_get("lines_at_fault")?)
            .map_err(|_| corrupt("reason"))?,
        lines: lines.collect::<Result<_, _>>()?,
        totals: Totals {
            subtotal: money(row.try_get("subtotal")?)?,
            shipping: money(row.try_get("shipping")?)?,
            tax: money(row.try_get("tax")?)?,
            total: money(row.try_get("total")?)?,
        },
        address: address.map_err(|_| corrupt("address"))?,
        payment: Payment {
            token: token
                .map(str::parse)
                .transpose()
                .map_err(|_| corrupt("token"))?,
            brand: row.try_get("brand")?,
            last4: row.try_get("last4")?,
            status: PaymentStatus::named(row.try_get("payment_status")?)
                .ok_or(corrupt("payment_status"))?,
        },
        placed_at: time(row.try_get("placed_at")?)?,
        tracking_code: code
            .map(str::parse)
            .transpose()
            .map_err(|_| corrupt("tracking_code"))?,
        attempts: attempts.try_into().map_err(|_| corrupt("attempts"))?,
        timeline: timeline.collect::<Result<_, PostgresError>>()?,
    })
}

fn item(row: &Row) -> Result<Item, PostgresError> {
    Ok(Item {
        product_id: row.try_get("product_id")?,
        quantity: quantity(row.try_get("quantity")?)?,
    })
}

fn status(row: &Row) -> Result<Status, PostgresError> {
    Status::named(row.try_get("status")?).ok_or(PostgresError::Corrupt("status"))
}

fn quantity(pieces: i64) -> Result<Quantity, PostgresError> {
    let quantity = pieces.try_into();
    quantity.map_err(|_| PostgresError::Corrupt("quantity"))
}

fn money(cents: i64) -> Result<Money, PostgresError> {
    Money::cents(cents).map_err(|_| PostgresError::Corrupt("amount"))
}

fn time(at: i64) -> Result<Timestamp, PostgresError> {
    Timestamp::from_millisecond(at).map_err(|_| PostgresError::Corrupt("time"))
}

#[cfg(test)]
mod tests {
    use kit::store::StoreUrl;
    use testkit::{
        plan::{assert_indexed, steps},
        postgres::database,
    };

    use super::*;

    const TABLES: &[&str] = &["purchase", "purchase_line", "timeline", "cart_item"];

    /// A page, and the order that tells whether there is another.
    const PAGE: u32 = 25;

    #[tokio::test]
    async fn every_query_finds_its_rows_by_an_index() {
        let database = database().await;
        let StoreUrl::Postgres(url) = database.url() else {
            panic!("no PostgreSQL")
        };
        let db = Postgres::open(&session(&url), MIGRATIONS).await.unwrap();
        let db = db.get().await.unwrap();
        // One user has a twentieth of the orders, the others have a few; most are settled.
        db.batch_execute(
            "create function id(n int) returns uuid immutable language sql
               return md5(n::text)::uuid;
             insert into purchase
             select id(n), 'T-' || n, id(case when n % 20 = 0 then 0 else n % 1000 end), n, '',
               case when n % 100 = 0 then 'placed' else 'delivered' end, 'settled', null, null,
               'USD', 1000, 0, 0, 1000, '{}', null, null, null, 'captured', n, n % 100 <> 0, null,
               n, 0
             from generate_series(1, 6000) n;
             insert into purchase_line select id(n), place, id(place), 'Trowel', 500, 1
             from generate_series(1, 6000) n, generate_series(1, 2) place;
             insert into timeline select id(n), sequence, 'delivered', n
             from generate_series(1, 6000) n, generate_series(1, 4) sequence;
             insert into cart_item select id(n), id(place), 1, n
             from generate_series(1, 1000) n, generate_series(1, 3) place;
             analyze",
        )
        .await
        .unwrap();
        let known: Uuid = db.one("select id(0)", &[]).await.unwrap().get(0);
        let rare: Uuid = db.one("select id(7)", &[]).await.unwrap().get(0);
        let (status, limit) = (Status::Placed.name(), i64::from(PAGE));

        for before in [Uuid::max(), Uuid::from_u128(u128::MAX / 2)] {
            let all = steps(&*db, &list_statement(false, false), &[&before, &limit]).await;
            assert_indexed(&all, TABLES, PAGE);
            let sql = list_statement(false, true);
            let of_status = steps(&*db, &sql, &[&before, &limit, &status]).await;
            assert_indexed(&of_status, TABLES, PAGE);
            for user in [known, rare] {
                let sql = list_statement(true, false);
                let of_user = steps(&*db, &sql, &[&before, &limit, &user]).await;
                assert_indexed(&of_user, TABLES, PAGE);
                let sql = list_statement(true, true);
                let of_both = steps(&*db, &sql, &[&before, &limit, &user, &status]).await;
                assert_indexed(&of_both, TABLES, PAGE);
            }
        }
        let claim = claim_statement();
        let due = steps(&*db, &claim, &[&Uuid::max(), &60_000_i64, &0_i64, &32_i64]).await;
        assert_indexed(&due, TABLES, PAGE);
        assert!(
            due.iter().any(|step| step.index == "purchase_due"),
            "{due:#?}"
        );
    }

    #[tokio::test]
    async fn a_claimer_passes_over_what_another_is_claiming() {
        let database = database().await;
        let StoreUrl::Postgres(url) = database.url() else {
            panic!("no PostgreSQL")
        };
        let store = PostgresStore::open(&url).await.unwrap();
        let mut db = store.db.get().await.unwrap();
        db.batch_execute(
            r#"insert into purchase
               select gen_random_uuid(), 'T-' || n, gen_random_uuid(), n, '', 'placed', 'placed',
                 null, null, 'USD', 1000, 0, 0, 1000, '{"name": "", "line1": "", "line2": null,
                 "city": "", "region": "", "postal_code": "", "country": ""}', null, null, null,
                 'pending', n, false, null, n, 0
               from generate_series(1, 3) n"#,
        )
        .await
        .unwrap();
        let lease = Lease {
            owner: Uuid::now_v7(),
            until: Timestamp::now() + jiff::SignedDuration::from_secs(60),
        };

        let tx = db.transaction().await.unwrap();
        let values: &[&(dyn ToSql + Sync)] = &[&Uuid::max(), &60_000_i64, &0_i64, &2_i64];
        let first = tx.all(&claim_statement(), values).await.unwrap();
        let second = store.claim_due(Timestamp::now(), &lease, 9).await.unwrap();
        tx.commit().await.unwrap();
        let third = store.claim_due(Timestamp::now(), &lease, 9).await.unwrap();

        assert_eq!((first.len(), second.len(), third.len()), (2, 1, 0));
    }
}
