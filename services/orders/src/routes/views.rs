//! How carts and orders look to callers, in whichever operation.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    address::Address,
    cart::{Line, PricedCart},
    money::MoneyView,
    order::{Order, Status, TimelineEntry},
    payment::{Payment, PaymentStatus},
};

/// A cart.
#[derive(Serialize, ToSchema)]
#[schema(as = Cart)]
pub(crate) struct CartView {
    /// What is in it, in the order in which it was added.
    items: Vec<CartItemView>,
    /// The items together.
    subtotal: MoneyView,
    /// 5.95 flat; free from a subtotal of 75.00.
    shipping: MoneyView,
    /// 8.00 % of the subtotal.
    tax: MoneyView,
    /// What an order would cost now.
    total: MoneyView,
}

/// A product in the cart.
#[derive(Serialize, ToSchema)]
#[schema(as = CartItem)]
struct CartItemView {
    /// The product.
    product_id: Uuid,
    /// Its name.
    name: String,
    /// What one piece costs now.
    unit_price: MoneyView,
    /// How many pieces.
    #[schema(minimum = 1, maximum = 99)]
    quantity: u32,
    /// What all pieces cost.
    line_total: MoneyView,
    /// Whether the shop has so many pieces now.
    available: bool,
}

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
    /// What was bought, at the prices of that time.
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
    /// The carrier's code for the parcel, where the staff said so.
    #[schema(required, example = "1Z-999-AA1-0123")]
    tracking_code: Option<String>,
    /// Every change of status, in order.
    timeline: Vec<TimelineEntryView>,
}

/// A line of an order.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderLine)]
struct LineView {
    /// The product.
    product_id: Uuid,
    /// Its name at that time.
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
pub(crate) struct TimelineEntryView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What the order became.
    status: Status,
}

impl From<PricedCart> for CartView {
    fn from(cart: PricedCart) -> Self {
        let item = |(line, available): (Line, bool)| CartItemView {
            product_id: line.item.product_id,
            name: line.name,
            unit_price: line.unit_price.into(),
            quantity: line.item.quantity.get(),
            line_total: line.line_total.into(),
            available,
        };
        Self {
            items: cart.lines.into_iter().map(item).collect(),
            subtotal: cart.totals.subtotal.into(),
            shipping: cart.totals.shipping.into(),
            tax: cart.totals.tax.into(),
            total: cart.totals.total.into(),
        }
    }
}

impl From<Order> for OrderView {
    fn from(order: Order) -> Self {
        Self {
            id: order.id,
            number: order.number.as_str().to_owned(),
            status: order.status,
            reason: order.reason.map(|reason| reason.name()),
            lines: order.lines.into_iter().map(LineView::from).collect(),
            subtotal: order.totals.subtotal.into(),
            shipping: order.totals.shipping.into(),
            tax: order.totals.tax.into(),
            total: order.totals.total.into(),
            address: order.address,
            payment: order.payment.into(),
            placed_at: order.placed_at,
            tracking_code: order.tracking_code.map(|code| code.as_str().to_owned()),
            timeline: order.timeline.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Line> for LineView {
    fn from(line: Line) -> Self {
        Self {
            product_id: line.item.product_id,
            name: line.name,
            unit_price: line.unit_price.into(),
            quantity: line.item.quantity.get(),
            line_total: line.line_total.into(),
        }
    }
}

impl From<Payment> for PaymentView {
    fn from(payment: Payment) -> Self {
        let (brand, last4) = payment.card.map(|card| (card.brand, card.last4)).unzip();
        Self {
            brand,
            last4,
            status: payment.status,
        }
    }
}

impl From<TimelineEntry> for TimelineEntryView {
    fn from(entry: TimelineEntry) -> Self {
        Self {
            at: entry.at,
            status: entry.status,
        }
    }
}
