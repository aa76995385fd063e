//! What is written of an order.

use jiff::Timestamp;
use kit::store::Connection;
use uuid::Uuid;

use super::people::{forget_if_leaving, has_left};
use crate::{
    Error,
    cart::MAX_ITEMS,
    change::Change,
    money::CURRENCY,
    order::{Fingerprint, Order},
    payment::Token,
    store::{Lease, Placing, apart::CartStep, lines_at_fault},
    tracking::TrackingCode,
};

/// Inserts a new order and takes its lines out of the cart, in one statement. What is taken out is
/// what was compared, whoever changes the cart meanwhile: its rows are locked. A cart that is kept apart is not looked at:
/// its lines are to be taken.
/// [`Placing::NumberTaken`] when it is the key that has an order.
pub(super) async fn insert(
    db: &mut Connection,
    order: &Order,
    key: &str,
    fingerprint: Fingerprint,
    lease: &Lease,
    carts_apart: bool,
) -> Result<Placing, Error> {
    let cart_step = carts_apart.then_some(<&str>::from(CartStep::Take));
    let address = serde_json::to_string(&order.address).expect("an address is plain strings");
    let (products, quantities) = columns(order);
    let lines = order.lines.iter();
    let prices = lines.map(|line| {
        let name = (line.name.clone(), line.category.clone());
        (name, line.unit_price.minor())
    });
    let (names, prices): (Vec<_>, Vec<_>) = prices.unzip();
    let (names, categories): (Vec<_>, Vec<_>) = names.into_iter().unzip();
    let insert = sqlx::query!(
        r#"with line as (
             select * from unnest($19::uuid[], $20::bigint[], $21::text[], $22::bigint[], $24::text[])
               with ordinality as line (product_id, quantity, name, unit_price, category, place)),
           cart as (
             select product_id, quantity from cart_item where user_id = $3 for update),
           same as (
             select true as is_same
             where not exists (select from departed where user_id = $3)
               and ($23::text is not null
                 or not exists (select product_id, quantity from line
                   except select product_id, quantity from cart)
                 and not exists (select product_id, quantity from cart
                   except select product_id, quantity from line))),
           placed as (
             insert into purchase (id, number, user_id, idempotency_key, fingerprint, status, saga,
               currency, subtotal, shipping, tax, total, address, token, payment_status,
               placed_at, settled, lease_owner, lease_until, attempts, cart_step)
             select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, false,
               $17, (extract(epoch from now()) * 1000)::bigint + $18, 0, $23
             from same
             on conflict do nothing
             returning id, status, placed_at),
           lines as (
             insert into purchase_line
               (purchase_id, place, product_id, name, category, unit_price, quantity)
             select id, place, product_id, name, category, unit_price, quantity
             from line cross join placed),
           entry as (
             insert into timeline (purchase_id, sequence, status, at)
             select id, 1, status, placed_at from placed),
           emptied as (
             delete from cart_item using placed where cart_item.user_id = $3)
           select exists (select from same) as "is_same!", exists (select from placed) as "placed!""#,
        order.id,
        order.number.as_str(),
        order.user_id,
        key,
        &fingerprint.0[..],
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
        from_now(lease.until),
        &products,
        &quantities,
        &names,
        &prices,
        cart_step,
        &categories as &[Option<String>],
    );
    let outcome = insert.fetch_one(&mut *db).await?;
    Ok(match (outcome.placed, outcome.is_same) {
        (true, _) => Placing::Placed,
        (false, true) => Placing::NumberTaken,
        (false, false) => Placing::CartChanged,
    })
}

/// Stores a change, in one statement, and gives the order to `lease`, if there is one; false, and
/// nothing changes, when a `driver` is named who does not own the order. What returns to the cart
/// needs another statement, and so does an order that is over: then `db` is in a transaction. Lines do not return to a
/// cart that is kept apart: that is left to do.
pub(super) async fn save(
    db: &mut Connection,
    change: &Change,
    lease: Option<&Lease>,
    driver: Option<Uuid>,
    carts_apart: bool,
) -> Result<bool, Error> {
    let cart_step = (carts_apart && change.returns_to_cart).then_some(CartStep::Return);
    let order = &change.order;
    let entry = change.entry();
    let event = change.event();
    // The row is changed first, and locked by that: events of one order come in order.
    let save = sqlx::query!(
        "with saved as (
           update purchase set status = $3, saga = $4, settled = $5, reason = $6,
             lines_at_fault = $7, payment_status = $8, brand = $9, last4 = $10, token = $11,
             tracking_code = $12, attempts = $13, lease_owner = coalesce($14, lease_owner),
             lease_until = coalesce((extract(epoch from now()) * 1000)::bigint + $15, lease_until),
             cart_step = coalesce($22, cart_step)
           where id = $1 and ($2::uuid is null or lease_owner = $2)
           returning id, status),
         entry as (
           insert into timeline (purchase_id, sequence, status, at)
           select id, $16, status, $17 from saved where $16::bigint is not null),
         event as (
           insert into outbox (id, topic, key, payload, at)
           select $18, $19, id::text, $20, $21 from saved where $18::uuid is not null)
         select pg_notify('outbox', id::text) from saved",
        order.id,
        driver,
        <&str>::from(order.status),
        <&str>::from(order.saga),
        order.is_settled(),
        order.reason.as_ref().map(<&str>::from),
        lines_at_fault(order),
        <&str>::from(order.payment.status),
        order.payment.brand.as_deref(),
        order.payment.last4.as_deref(),
        order.payment.token.as_ref().map(Token::as_str),
        order.tracking_code.as_ref().map(TrackingCode::as_str),
        i64::from(order.attempts),
        lease.map(|lease| lease.owner),
        lease.map(|lease| from_now(lease.until)),
        entry.map(|entry| entry.sequence),
        entry.map(|entry| entry.at.as_millisecond()),
        event.as_ref().map(|event| event.id),
        event.as_ref().map(|event| event.topic.as_str()),
        event.as_ref().map(|event| event.payload.as_str()),
        event.as_ref().map(|event| event.at.as_millisecond()),
        cart_step.map(<&str>::from),
    );
    let is_saved = save.execute(&mut *db).await?.rows_affected() == 1;
    if is_saved && change.returns_to_cart && !carts_apart {
        return_to_cart(db, order).await?;
    }
    if is_saved && order.is_over() {
        forget_if_leaving(db, order.id).await?;
    }
    Ok(is_saved)
}

/// Until the end of the transaction nobody else adds to this cart: two that add at once would both
/// see room for the last product.
pub(super) async fn lock_cart(db: &mut Connection, user_id: Uuid) -> Result<(), Error> {
    let lock = sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))",
        user_id
    );
    lock.execute(&mut *db).await?;
    Ok(())
}

async fn return_to_cart(db: &mut Connection, order: &Order) -> Result<(), Error> {
    lock_cart(db, order.user_id).await?;
    if has_left(db, order.user_id).await? {
        return Ok(());
    }
    let (products, quantities) = columns(order);
    let put = sqlx::query!(
        "insert into cart_item (user_id, product_id, quantity, added_at)
         select $1, product_id, quantity, $2 + place
         from unnest($3::uuid[], $4::bigint[]) with ordinality
           as line (product_id, quantity, place)
         where not exists (select from cart_item kept
           where kept.user_id = $1 and kept.product_id = line.product_id)
         order by place
         limit greatest($5 - (select count(*) from cart_item where user_id = $1), 0)
         on conflict do nothing",
        order.user_id,
        order.placed_at.as_microsecond(),
        &products,
        &quantities,
        MAX_ITEMS as i64,
    );
    put.execute(&mut *db).await?;
    Ok(())
}

/// The products and quantities of an order's lines.
fn columns(order: &Order) -> (Vec<Uuid>, Vec<i64>) {
    let items = order.items().into_iter();
    items
        .map(|item| (item.product_id, i64::from(item.quantity.get())))
        .unzip()
}

/// How far off a time of this process's clock is, in milliseconds.
pub(super) fn from_now(at: Timestamp) -> i64 {
    at.as_millisecond() - Timestamp::now().as_millisecond()
}
