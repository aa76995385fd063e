//! What is written of an order, within the writer's transaction.

use jiff::Timestamp;
use kit::events;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::rows::select;
use crate::{
    Error,
    cart::{Item, MAX_ITEMS},
    money::CURRENCY,
    order::{Fingerprint, Order, PaymentStatus, Status},
    payments::Card,
    saga::{Reason, Saga},
    store::{Lease, Progress, facts},
};

/// The order, if it is settled and has this status.
pub(super) fn settled(db: &Connection, id: Uuid, status: Status) -> Result<Order, Error> {
    let order = select(db, id)?.ok_or(Error::NotFound)?;
    match order.status == status {
        true if order.saga == Saga::Settled => Ok(order),
        true => Err(Error::Settling),
        false => Err(Error::WrongState),
    }
}

pub(super) fn store_progress(
    db: &Connection,
    order: &Order,
    progress: Progress,
) -> Result<(), Error> {
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

pub(super) fn set_saga(db: &Connection, id: Uuid, saga: Saga) -> Result<(), rusqlite::Error> {
    db.prepare_cached("update purchase set saga = ?2, settled = ?3 where id = ?1")?
        .execute(params![id, saga.name(), saga.step().is_none()])
        .map(drop)
}

pub(super) fn set_status(
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
pub(super) fn note(db: &Connection, order: &Order, status: Status) -> Result<(), rusqlite::Error> {
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
pub(super) fn set_payment(
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

pub(super) fn set_reason(
    db: &Connection,
    id: Uuid,
    reason: &Reason,
) -> Result<(), rusqlite::Error> {
    db.prepare_cached("update purchase set reason = ?2, lines_at_fault = ?3 where id = ?1")?
        .execute(params![id, reason.name(), reason.at_fault()])
        .map(drop)
}

/// What the shopper has put into the cart meanwhile stays as it is; what it has no room for any more
/// does not return.
pub(super) fn return_to_cart(db: &Connection, order: &Order) -> Result<(), rusqlite::Error> {
    let mut insert = db.prepare_cached(
        "insert into cart_item (user_id, product_id, quantity, added_at)
         select ?1, ?2, ?3, ?4
         where (select count(*) from cart_item where user_id = ?1) < ?5
         on conflict do nothing",
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
            at + place,
            MAX_ITEMS as i64
        ])?;
    }
    Ok(())
}

pub(super) fn insert(
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
