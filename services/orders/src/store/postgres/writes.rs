//! What is written of an order, within a transaction or as one statement.

use jiff::Timestamp;
use kit::{
    events,
    store::{Postgres, PostgresError, Statements},
};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{
    NOW,
    rows::{ORDER, order, status, time},
};
use crate::{
    Error,
    cart::MAX_ITEMS,
    money::CURRENCY,
    order::{Fingerprint, Moment, Order, PaymentStatus, Status},
    payments::Card,
    saga::{Reason, Saga},
    store::{Lease, Progress, facts},
    tracking::TrackingCode,
};

/// Takes a settled order from one status to the next; a code that it has stays where none comes.
pub(super) async fn change_status(
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
pub(super) async fn store_progress(
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
pub(super) struct Change {
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

/// Inserts the order's row; false, and nothing changes, when its key or its number has one.
pub(super) async fn insert(
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

pub(super) async fn insert_lines(db: &impl Statements, order: &Order) -> Result<(), PostgresError> {
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

/// Until the end of the transaction nobody else adds to this cart: two that add at once would both
/// see room for the last product.
pub(super) async fn lock_cart(db: &impl Statements, user_id: Uuid) -> Result<(), PostgresError> {
    let sql = "select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))";
    db.run(sql, &[&user_id]).await.map(drop)
}

/// What the shopper has put into the cart meanwhile stays as it is; what it has no room for any more
/// does not return.
pub(super) async fn return_to_cart(
    db: &impl Statements,
    order: &Order,
) -> Result<(), PostgresError> {
    lock_cart(db, order.user_id).await?;
    let (products, quantities) = columns(order);
    db.run(
        "insert into cart_item (user_id, product_id, quantity, added_at)
         select $1, product_id, quantity, $2 + place
         from unnest($3::uuid[], $4::bigint[]) with ordinality
           as line (product_id, quantity, place)
         where not exists (select from cart_item kept
           where kept.user_id = $1 and kept.product_id = line.product_id)
         order by place
         limit greatest($5 - (select count(*) from cart_item where user_id = $1), 0)
         on conflict do nothing",
        &[
            &order.user_id,
            &order.placed_at.as_microsecond(),
            &products,
            &quantities,
            &(MAX_ITEMS as i64),
        ],
    )
    .await
    .map(drop)
}

/// Adds the change to the timeline and the outbox; the moment added.
pub(super) async fn note(
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

/// The products and quantities of an order's lines.
pub(super) fn columns(order: &Order) -> (Vec<Uuid>, Vec<i64>) {
    let items = order.items().into_iter();
    items
        .map(|item| (item.product_id, i64::from(item.quantity.get())))
        .unzip()
}

/// How far off a moment of this process's clock is, in milliseconds.
pub(super) fn from_now(at: Timestamp) -> i64 {
    at.as_millisecond() - Timestamp::now().as_millisecond()
}
