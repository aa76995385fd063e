//! The peer: retail-store-sample-app 1.6, release builds of its five services on PostgreSQL, warm,
//! on a 2-core machine, without a gateway, sign-in, card or stock. Its figures were measured once,
//! elsewhere: they give the order of magnitude, not a race.

/// CPU of a list of 12 products, in microseconds.
pub(super) const LIST_US: f64 = 640.0;
/// CPU of one product, in microseconds.
pub(super) const PRODUCT_US: f64 = 270.0;
/// CPU of a checkout (its two calls; the database is not counted), in microseconds.
pub(super) const CHECKOUT_US: f64 = 5500.0;
/// Checkouts a second.
pub(super) const CHECKOUTS_PER_S: f64 = 280.0;
/// From start to the first page, in seconds.
pub(super) const START_S: f64 = 8.6;
/// Resident memory after load, in MiB.
pub(super) const MEMORY_MIB: f64 = 1.13 * 1024.0;

/// The peer's figure beside ours: how many times more.
pub(super) fn times(peer: f64, ours: f64) -> String {
    format!("{:.1} ×", peer / ours)
}
