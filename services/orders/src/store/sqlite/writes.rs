//! What is written of an order, within the writer's transaction.

use kit::events;
use rusqlite::{Connection, Params, params};
use uuid::Uuid;

use super::people::{forget_if_leaving, has_left};
use crate::{
    Error,
    cart::MAX_ITEMS,
    change::Change,
    money::CURRENCY,
    order::{Fingerprint, Order, TimelineEntry},
    payment::Token,
    store::{Lease, apart::CartStep, lines_at_fault},
    tracking::TrackingCode,
};

/// Inserts a new order, whose lines are to be taken where its cart is kept apart; false, and nothing changes, when
/// its key or its number has one.
pub(super) fn insert(
    db: &Connection,
    order: &Order,
    key: &str,
    fingerprint: Fingerprint,
    lease: &Lease,
    carts_apart: bool,
) -> Result<bool, Error> {
    let cart_step = carts_apart.then_some(<&str>::from(CartStep::Take));
    let address = serde_json::to_string(&order.address).expect("an address is plain strings");
    let insert = "insert into purchase (id, number, user_id, idempotency_key, fingerprint, status,
           saga, currency, subtotal, shipping, tax, total, address, token, payment_status,
           placed_at, settled, lease_owner, lease_until, attempts, cart_step)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, 0, ?17,
           ?18, 0, ?19)
         on conflict do nothing";
    let inserted = execute(
        db,
        insert,
        params![
            order.id,
            order.number.as_str(),
            order.user_id,
            key,
            fingerprint.0,
            <&str>::from(order.status),
            <&str>::from(order.saga),
            CURRENCY,
            order.subtotal.minor(),
            order.shipping.minor(),
            order.tax.minor(),
            order.total.minor(),
            address,
            order.payment.token.as_ref().map(Token::as_str),
            <&str>::from(order.payment.status),
            order.placed_at.as_millisecond(),
            lease.owner,
            lease.until.as_millisecond(),
            cart_step,
        ],
    )?;
    if inserted == 0 {
        return Ok(false);
    }
    let mut line = db.prepare_cached(
        "insert into purchase_line
           (purchase_id, place, product_id, name, category, unit_price, quantity)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (bought, position) in order.lines.iter().zip(0_i64..) {
        line.execute(params![
            order.id,
            position,
            bought.product_id,
            bought.name,
            bought.category,
            bought.unit_price.minor(),
            bought.quantity.get()
        ])?;
    }
    for entry in &order.timeline {
        append(db, order.id, entry)?;
    }
    Ok(true)
}

/// Stores a change and gives the order to `lease`, if there is one; false, and nothing changes,
/// when a `driver` is named who does not own the order. Lines do not return to a cart that is kept apart: that is left
/// to do.
pub(super) fn save(
    db: &Connection,
    change: &Change,
    lease: Option<Lease>,
    driver: Option<Uuid>,
    carts_apart: bool,
) -> Result<bool, Error> {
    let order = &change.order;
    let cart_step = (carts_apart && change.returns_to_cart).then_some(CartStep::Return);
    // A status that stays is not written: SQLite would write its index again.
    let status = match change.is_of_status {
        true => "status = ?3,",
        false => "",
    };
    let sql = format!(
        "update purchase set {status} saga = ?4, settled = ?5, reason = ?6, lines_at_fault = ?7,
           payment_status = ?8, brand = ?9, last4 = ?10, token = ?11, tracking_code = ?12,
           attempts = ?13, lease_owner = coalesce(?14, lease_owner),
           lease_until = coalesce(?15, lease_until), cart_step = coalesce(?16, cart_step)
         where id = ?1 and (?2 is null or lease_owner = ?2)"
    );
    let values = params![
        order.id,
        driver,
        <&str>::from(order.status),
        <&str>::from(order.saga),
        order.is_settled(),
        order.reason.as_ref().map(<&str>::from),
        lines_at_fault(order),
        <&str>::from(order.payment.status),
        order.payment.brand,
        order.payment.last4,
        order.payment.token.as_ref().map(Token::as_str),
        order.tracking_code.as_ref().map(TrackingCode::as_str),
        order.attempts,
        lease.map(|lease| lease.owner),
        lease.map(|lease| lease.until.as_millisecond()),
        cart_step.map(<&str>::from),
    ];
    if execute(db, &sql, values)? == 0 {
        return Ok(false);
    }
    if let Some(entry) = change.entry() {
        append(db, order.id, entry)?;
    }
    if let Some(event) = change.event() {
        events::sqlite::append(db, &event)?;
    }
    if change.returns_to_cart && !carts_apart && !has_left(db, order.user_id)? {
        return_to_cart(db, order)?;
    }
    if order.is_over() {
        forget_if_leaving(db, order.id)?;
    }
    Ok(true)
}

fn append(db: &Connection, id: Uuid, entry: &TimelineEntry) -> Result<(), Error> {
    let sql = "insert into timeline (purchase_id, sequence, status, at) values (?1, ?2, ?3, ?4)";
    let (status, at) = (<&str>::from(entry.status), entry.at.as_millisecond());
    execute(db, sql, params![id, entry.sequence, status, at]).map(drop)
}

fn return_to_cart(db: &Connection, order: &Order) -> Result<(), Error> {
    let mut insert = db.prepare_cached(
        "insert into cart_item (user_id, product_id, quantity, added_at)
         select ?1, ?2, ?3, ?4
         where (select count(*) from cart_item where user_id = ?1) < ?5
         on conflict do nothing",
    )?;
    let at = order.placed_at.as_microsecond();
    for (item, position) in order.items().into_iter().zip(0_i64..) {
        insert.execute(params![
            order.user_id,
            item.product_id,
            item.quantity.get(),
            at + position,
            MAX_ITEMS as i64
        ])?;
    }
    Ok(())
}

/// Executes a statement that is kept prepared. How many rows it changed.
pub(super) fn execute(db: &Connection, sql: &str, values: impl Params) -> Result<usize, Error> {
    Ok(db.prepare_cached(sql)?.execute(values)?)
}
