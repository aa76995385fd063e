//! Orders, read.

/// A statement of orders with their lines and timelines, checked by the compiler: `$before`, the
/// columns of `purchase p`, `$after`.
macro_rules! orders {
    ($before:literal, $after:literal $(, $value:expr)*) => {
        sqlx::query_as!(
            OrderRow,
            $before
                + r#"p.id, p.number, p.user_id, p.fingerprint, p.status, p.saga, p.reason,
                  p.lines_at_fault, p.subtotal, p.shipping, p.tax, p.total, p.address, p.token,
                  p.brand, p.last4, p.payment_status, p.placed_at, p.attempts, p.tracking_code,
                  (select json_agg(line order by place) from purchase_line line
                    where purchase_id = p.id) as "lines!: Json<Vec<LineRow>>",
                  (select json_agg(entry order by sequence) from timeline entry
                    where purchase_id = p.id) as "timeline!: Json<Vec<EntryRow>>""#
                + $after
            $(, $value)*
        )
    };
}
