//! `PUT /internal/reservations/{order_id}`: all lines or none, once per order.

use std::collections::HashSet;

use axum::extract::State;
use http::StatusCode;
use jiff::Timestamp;
use kit::http::{Faults, Parse, Path, ValidJson};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    AppState, Error,
    reservation::{HOLD, Line},
};

/// What to set aside: 1 to 100 products, each once, 1 to 99 pieces.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reserve {
    lines: Vec<Line>,
}

/// Sets stock aside for 15 minutes. Repeatable with the same lines; 409 `out-of-stock` names the
/// lines that cannot be had; 409 `wrong-state` after a release.
pub(crate) async fn reserve(
    State(state): State<AppState>,
    Path(order_id): Path<Uuid>,
    ValidJson(lines): ValidJson<Reserve>,
) -> Result<StatusCode, Error> {
    let until = Timestamp::now() + HOLD;
    state.store.reserve(order_id, lines, until).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Parse for Reserve {
    type Valid = Vec<Line>;

    fn parse(self, faults: &mut Faults) -> Option<Vec<Line>> {
        let mut seen = HashSet::new();
        if !(1..=100).contains(&self.lines.len()) {
            faults.add("/lines", "has 1 to 100 lines");
        }
        for (at, line) in self.lines.iter().enumerate() {
            if !(1..=99).contains(&line.quantity) {
                faults.add(&format!("/lines/{at}/quantity"), "is 1 to 99");
            }
            if !seen.insert(line.product_id) {
                faults.add(
                    &format!("/lines/{at}/product_id"),
                    "stands in another line too",
                );
            }
        }
        Some(self.lines)
    }
}
