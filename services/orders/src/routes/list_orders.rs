//! `GET /v1/orders`: one's own orders.

use axum::{Json, extract::State};
use kit::{
    http::{Cursor, Limit, List, Query},
    identity,
};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    AppState, Error,
    order::{Order, Status},
};

/// Which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOrders {
    /// Only orders that stand here.
    status: Option<Status>,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// How many, 24 unless told.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Limit,
}

/// The signed-in user's orders, newest first.
#[utoipa::path(
    get,
    path = "/v1/orders",
    tag = "orders",
    params(ListOrders),
    responses((status = 200, description = "A page of orders", body = List<Order>)),
    security(("bearer" = [])),
)]
pub(crate) async fn list_orders(
    State(state): State<AppState>,
    user: identity::User,
    Query(page): Query<ListOrders>,
) -> Result<Json<List<Order>>, Error> {
    page.of(&state, Some(user.id)).await
}

impl ListOrders {
    /// The page of one user's orders, or of everybody's.
    pub(super) async fn of(
        self,
        state: &AppState,
        user_id: Option<Uuid>,
    ) -> Result<Json<List<Order>>, Error> {
        let before = self.cursor.map(|cursor| cursor.decode()).transpose()?;
        let rows = state
            .store
            .list(user_id, self.status, before, self.limit.get() + 1)
            .await?;
        Ok(Json(List::from_rows(rows, self.limit, |order| order.id)))
    }
}
