//! Orders, read.

use rusqlite::{Connection, Params};
use sqlx::types::Json;

use crate::{Error, store::Stored};

/// What is selected of a `purchase`: the order in its serde form, and its fingerprint. Whether a
/// column is null is not asked: after `returning`, SQLite says no of a table without rowids.
const ORDER: &str = "
    json_object(
      'id', hex(id), 'number', number, 'status', status,
      'reason', iif(reason = 'out-of-stock', json_object(reason, json(lines_at_fault)), reason),
      'lines', (
        select json_group_array(
          json_object('product_id', hex(product_id), 'name', name, 'category', category,
            'unit_price', unit_price, 'quantity', quantity, 'line_total', unit_price * quantity)
          order by place)
        from purchase_line where purchase_id = purchase.id),
      'subtotal', subtotal, 'shipping', shipping, 'tax', tax, 'total', total,
      'address', json(address),
      'payment', json_object(
        'token', token, 'brand', brand, 'last4', last4, 'status', payment_status),
      'placed_at', placed_at, 'tracking_code', tracking_code,
      'timeline', (
        select json_group_array(
          json_object('sequence', sequence, 'at', at, 'status', status) order by sequence)
        from timeline where purchase_id = purchase.id),
      'user_id', hex(user_id), 'saga', saga, 'attempts', attempts),
    fingerprint";

/// The orders of a statement: `before`, what is selected of a `purchase`, `after`.
pub(super) fn orders<T: From<Stored>>(
    db: &Connection,
    before: &str,
    after: &str,
    values: impl Params,
) -> Result<Vec<T>, Error> {
    let mut orders = db.prepare_cached(&format!("{before} {ORDER} {after}"))?;
    let rows = orders.query_and_then(values, |row| {
        let order = serde_json::from_str(&row.get::<_, String>(0)?);
        let stored = Stored {
            order: Json(order.map_err(|fault| Error::Internal(fault.into()))?),
            fingerprint: row.get(1)?,
        };
        Ok(stored.into())
    })?;
    rows.collect()
}
