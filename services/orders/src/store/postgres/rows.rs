//! Orders, read.

/// The orders of a statement that is checked by the compiler: `$before`, what is selected of
/// `purchase p` (the order in its serde form, and its fingerprint), `$after`.
macro_rules! orders {
    ($db:expr, $before:literal, $after:literal $(, $value:expr)*) => {{
        let select = sqlx::query_as!(
            Stored,
            $before
                + r#"json_build_object(
                    'id', p.id, 'number', p.number, 'status', p.status,
                    'reason', case p.reason
                      when 'out-of-stock' then
                        json_build_object(p.reason, p.lines_at_fault::json)
                      else to_json(p.reason) end,
                    'lines', (
                      select json_agg(
                        json_build_object('product_id', product_id, 'name', name,
                          'category', category, 'unit_price', unit_price,
                          'quantity', quantity, 'line_total', unit_price * quantity)
                        order by place)
                      from purchase_line where purchase_id = p.id),
                    'subtotal', p.subtotal, 'shipping', p.shipping, 'tax', p.tax,
                    'total', p.total, 'address', p.address::json,
                    'payment', json_build_object('token', p.token, 'brand', p.brand,
                      'last4', p.last4, 'status', p.payment_status),
                    'placed_at', p.placed_at, 'tracking_code', p.tracking_code,
                    'timeline', (
                      select json_agg(entry order by sequence) from timeline entry
                      where purchase_id = p.id),
                    'user_id', p.user_id, 'saga', p.saga, 'attempts', p.attempts)
                  as "order!: Json<Order>", p.fingerprint as "fingerprint: [u8; 32]""#
                + $after
            $(, $value)*
        );
        let stored = select.fetch_all(&mut *$db).await?.into_iter();
        stored.map(Into::into).collect::<Vec<_>>()
    }};
}
