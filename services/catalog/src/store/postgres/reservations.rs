//! Stock that is taken, set aside and given back, within a transaction.
//!
//! Holds are counted on the database's clock, so that replicas whose clocks differ agree on when one
//! ends: a time of this process is stored, and compared, as its distance from now.
//!
//! To avoid deadlocks, locks are taken in one order: a reservation before the products that it is for,
//! and products in the order of their ids.

use jiff::Timestamp;
use kit::{
    events::postgres::first_times,
    store::{Connection, PostgresError},
};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use crate::{
    Error,
    reservation::{Line, State},
};

/// How many lapsed reservations are given back in one transaction.
const BATCH: i64 = 100;

pub(super) async fn reserve(
    db: &mut Connection,
    order_id: Uuid,
    lines: Vec<Line>,
    until: Timestamp,
) -> Result<(), Error> {
    match store(db, order_id, State::Held, &lines, until).await? {
        Some((State::Released, _)) => return Err(Error::WrongState),
        Some((_, known)) if known != lines => return Err(Error::KeyReused),
        Some((State::Held | State::Committed, _)) => return Ok(()),
        Some((State::Expired, _)) => {
            let hold = query!(
                "update reservation set state = 'held',
                   expires_at = (extract(epoch from now()) * 1000)::bigint + $2
                 where order_id = $1",
                order_id,
                from_now(until)
            );
            hold.execute(&mut *db).await?;
        }
        None => {}
    }
    take(db, &lines).await
}

pub(super) async fn commit(db: &mut Connection, order_id: Uuid) -> Result<(), Error> {
    let (state, lines) = lock(db, order_id).await?.ok_or(Error::NotFound)?;
    match state {
        State::Committed => return Ok(()),
        State::Released => return Err(Error::WrongState),
        State::Expired => take(db, &lines).await?,
        State::Held => {}
    }
    set_state(db, order_id, State::Committed).await
}

pub(super) async fn release(db: &mut Connection, order_id: Uuid) -> Result<(), Error> {
    let present = store(db, order_id, State::Released, &[], Timestamp::now()).await?;
    if let Some((state, lines)) = present {
        set_state(db, order_id, State::Released).await?;
        if state.has_stock() {
            give_back(db, &lines).await?;
        }
    }
    Ok(())
}

/// Whether the hold of any reservation is over.
pub(super) async fn has_lapsed(db: &mut Connection, now: Timestamp) -> Result<bool, Error> {
    let any = query_scalar!(
        r#"select exists (select from reservation where state = 'held'
             and expires_at < (extract(epoch from now()) * 1000)::bigint + $1) as "any!""#,
        from_now(now)
    );
    Ok(any.fetch_one(db).await?)
}

/// Gives back some lapsed reservations; how many.
pub(super) async fn expire_some(db: &mut Connection, now: Timestamp) -> Result<usize, Error> {
    // What another replica gives back, or an order is about to commit, is passed over.
    let expire = query_scalar!(
        "with lapsed as materialized (
           select order_id from reservation
           where state = 'held' and expires_at < (extract(epoch from now()) * 1000)::bigint + $1
           limit $2 for update skip locked)
         update reservation r set state = 'expired'
         from lapsed where r.order_id = lapsed.order_id returning r.lines",
        from_now(now),
        BATCH
    );
    let lapsed = expire.fetch_all(&mut *db).await?;
    let lines = lapsed.iter().map(|lines| self::lines(lines));
    let lines = lines.collect::<Result<Vec<_>, _>>()?.concat();
    give_back(db, &lines).await?;
    Ok(lapsed.len())
}

pub(super) async fn count_sold(
    db: &mut Connection,
    sold: Vec<(Uuid, Vec<Line>)>,
) -> Result<(), Error> {
    let events: Vec<Uuid> = sold.iter().map(|(event, _)| *event).collect();
    let mut new = first_times(db, &events).await?;
    let counted = sold.into_iter().filter(|(event, _)| new.remove(event));
    let lines: Vec<Line> = counted.flat_map(|(_, lines)| lines).collect();
    let (products, quantities) = lock_products(db, &lines).await?;
    let add = query!(
        "update product p set popularity = p.popularity + line.quantity
         from (select id, sum(quantity)::bigint as quantity
           from unnest($1::uuid[], $2::bigint[]) as line (id, quantity) group by id) as line
         where p.id = line.id",
        &products,
        &quantities
    );
    add.execute(db).await?;
    Ok(())
}

/// Takes all lines off the stock; when some cannot be had, all of these are named, and the caller
/// must roll the others back.
async fn take(db: &mut Connection, lines: &[Line]) -> Result<(), Error> {
    let (products, quantities) = lock_products(db, lines).await?;
    let take = query_scalar!(
        "update product p set stock = p.stock - line.quantity
         from unnest($1::uuid[], $2::bigint[]) as line (id, quantity)
         where p.id = line.id and p.stock >= line.quantity and not p.retired
         returning p.id",
        &products,
        &quantities
    );
    let taken = take.fetch_all(db).await?;
    let missing = (0..lines.len()).filter(|at| !taken.contains(&products[*at]));
    match missing.collect::<Vec<_>>() {
        none if none.is_empty() => Ok(()),
        missing => Err(Error::OutOfStock(missing)),
    }
}

async fn give_back(db: &mut Connection, lines: &[Line]) -> Result<(), Error> {
    let (products, quantities) = lock_products(db, lines).await?;
    // Several lines may name one product.
    let add = query!(
        "update product p set stock = p.stock + line.quantity
         from (select id, sum(quantity)::bigint as quantity
           from unnest($1::uuid[], $2::bigint[]) as line (id, quantity) group by id) as line
         where p.id = line.id",
        &products,
        &quantities
    );
    add.execute(db).await?;
    Ok(())
}

/// Locks the products of these lines. The products and quantities of them all.
async fn lock_products(
    db: &mut Connection,
    lines: &[Line],
) -> Result<(Vec<Uuid>, Vec<i64>), Error> {
    let lines = lines.iter().map(|line| (line.product_id, line.quantity));
    let (products, quantities): (Vec<_>, Vec<_>) = lines.unzip();
    let lock = query_scalar!(
        "select id from product where id = any ($1) order by id for update",
        &products
    );
    lock.fetch_all(db).await?;
    Ok((products, quantities))
}

/// Stores the reservation, or locks and returns the one that there is.
async fn store(
    db: &mut Connection,
    order_id: Uuid,
    state: State,
    lines: &[Line],
    until: Timestamp,
) -> Result<Option<(State, Vec<Line>)>, Error> {
    let insert = query!(
        "insert into reservation (order_id, state, lines, expires_at)
         values ($1, $2, $3, (extract(epoch from now()) * 1000)::bigint + $4)
         on conflict (order_id) do nothing",
        order_id,
        state.as_ref(),
        serde_json::to_string(lines).expect("lines are plain data"),
        from_now(until)
    );
    match insert.execute(&mut *db).await?.rows_affected() {
        0 => lock(db, order_id).await,
        _ => Ok(None),
    }
}

/// Locks the reservation that there is.
async fn lock(db: &mut Connection, order_id: Uuid) -> Result<Option<(State, Vec<Line>)>, Error> {
    let row = query!(
        "select state, lines from reservation where order_id = $1 for update",
        order_id
    );
    let Some(row) = row.fetch_optional(db).await? else {
        return Ok(None);
    };
    let state = row.state.parse();
    let state = state.map_err(|_| PostgresError::Corrupt("state"))?;
    Ok(Some((state, lines(&row.lines)?)))
}

async fn set_state(db: &mut Connection, order_id: Uuid, state: State) -> Result<(), Error> {
    let set = query!(
        "update reservation set state = $2 where order_id = $1",
        order_id,
        state.as_ref()
    );
    set.execute(db).await?;
    Ok(())
}

fn lines(json: &str) -> Result<Vec<Line>, PostgresError> {
    serde_json::from_str(json).map_err(|_| PostgresError::Corrupt("lines"))
}

/// How far off a time of this process's clock is, in milliseconds.
fn from_now(at: Timestamp) -> i64 {
    at.as_millisecond() - Timestamp::now().as_millisecond()
}
