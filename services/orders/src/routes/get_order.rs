//! `GET /v1/orders/{id}`: one order.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::{http::Path, identity};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    address::Address,
    cart::Line,
    money::MoneyView,
    order::{Moment, Order, PaymentStatus, Status},
};

/// An order.
#[derive(Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderView {
    /// The order's id.
    id: Uuid,
    /// The order's number, for people.
    #[schema(example = "T-7Q2M9ZXA")]
    number: String,
    /// Where it stands.
    status: Status,
    /// Why it was cancelled: `payment-declined`, `out-of-stock` or `shopper`.
    #[schema(required)]
    reason: Option<&'static str>,
    /// What was bought, at the prices of that moment.
    lines: Vec<LineView>,
    /// The lines together.
    subtotal: MoneyView,
    /// 5.95 flat; free from a subtotal of 75.00.
    shipping: MoneyView,
    /// 8.00 % of the subtotal.
    tax: MoneyView,
    /// What the shopper pays.
    total: MoneyView,
    /// Where it goes.
    address: Address,
    /// How it is paid.
    payment: PaymentView,
    /// When it was placed.
    #[schema(value_type = String, format = DateTime)]
    placed_at: Timestamp,
    /// What the carrier calls the parcel, where the staff said so.
    #[schema(required, example = "1Z-999-AA1-0123")]
    tracking_code: Option<String>,
    /// Every change of status, in order.
    timeline: Vec<MomentView>,
}

/// A line of an order.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderLine)]
struct LineView {
    /// The product.
    product_id: Uuid,
    /// Its name at that moment.
    name: String,
    /// What one piece cost.
    unit_price: MoneyView,
    /// How many pieces.
    #[schema(minimum = 1, maximum = 99)]
    quantity: u32,
    /// What all pieces cost.
    line_total: MoneyView,
}

/// How an order is paid.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderPayment)]
struct PaymentView {
    /// The card's brand, once known.
    #[schema(required, example = "visa")]
    brand: Option<String>,
    /// The card's last four digits, once known.
    #[schema(required, example = "4242")]
    last4: Option<String>,
    /// Where the payment stands.
    status: PaymentStatus,
}

/// A change of status.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderMoment)]
pub(super) struct MomentView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What the order became.
    status: Status,
}

/// One's own order; staff may read any.
#[utoipa::path(
    get,
    path = "/v1/orders/{id}",
    tag = "orders",
    params(("id" = Uuid, Path, description = "The order's id")),
    responses(
        (status = 200, description = "The order", body = OrderView),
        (status = 404, description = "`not-found`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_order(
    State(state): State<AppState>,
    user: identity::User,
    Path(id): Path<Uuid>,
) -> Result<Json<OrderView>, Error> {
    Ok(Json(readable(&state, &user, id).await?.into()))
}

/// The order, if this user may read it.
pub(super) async fn readable(
    state: &AppState,
    user: &identity::User,
    id: Uuid,
) -> Result<Order, Error> {
    let order = state.store.find(id).await?;
    let order = order.filter(|order| user.is_staff || order.user_id == user.id);
    order.ok_or(Error::NotFound)
}

impl From<Order> for OrderView {
    fn from(order: Order) -> Self {
        let line = |line: Line| LineView {
            product_id: line.item.product_id,
            name: line.name,
            unit_price: line.unit_price.into(),
            quantity: line.item.quantity.get(),
            line_total: line.line_total.into(),
        };
        Self {
            id: order.id,
            number: order.number.as_str().to_owned(),
            status: order.status,
            reason: order.reason.as_ref().map(|reason| reason.name()),
            lines: order.lines.into_iter().map(line).collect(),
            subtotal: order.totals.subtotal.into(),
            shipping: order.totals.shipping.into(),
            tax: order.totals.tax.into(),
            total: order.totals.total.into(),
            address: order.address,
            payment: PaymentView {
                brand: order.payment.brand,
                last4: order.payment.last4,
                status: order.payment.status,
            },
            placed_at: order.placed_at,
            tracking_code: order.tracking_code.map(|code| code.as_str().to_owned()),
            timeline: order.timeline.into_iter().map(MomentView::from).collect(),
        }
    }
}

impl From<Moment> for MomentView {
    fn from(moment: Moment) -> Self {
        Self {
            at: moment.at,
            status: moment.status,
        }
    }
}
