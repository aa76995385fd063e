//! What an event tells, as lines of a file: one for each product of the order, with all that is told of the order, so
//! that an event is one file and comes whole.

use serde::Serialize;

use crate::{
    Error,
    fact::{LineFact, OrderFact, day},
};

/// A line of the file: a row of `staged_line`.
#[derive(Serialize)]
struct Line<'a> {
    event_id: String,
    topic: &'a str,
    event_day: String,
    at: i64,
    order_id: String,
    day: String,
    customer_key: &'a str,
    status: &'a str,
    reason: Option<&'a str>,
    currency: &'a str,
    units: i64,
    subtotal: i64,
    shipping: i64,
    tax: i64,
    total: i64,
    placed_at: i64,
    #[serde(flatten)]
    product: Option<Product<'a>>,
}

#[derive(Serialize)]
struct Product<'a> {
    place: i64,
    product_id: String,
    name: &'a str,
    category: &'a str,
    quantity: i64,
    unit_price: i64,
    line_total: i64,
}

/// The lines. An event that the table has no room for is refused here: in a file it would hold up all of its day.
pub(super) fn lines(fact: &OrderFact) -> Result<Vec<u8>, Error> {
    let products = fact.lines.iter().zip(0_i64..);
    let products = products.map(|(line, place)| product(line, place).map(Some));
    let mut products = products.collect::<Result<Vec<_>, Error>>()?;
    if products.is_empty() {
        products.push(None);
    }
    let mut lines = Vec::new();
    for product in products {
        let line = Line {
            event_id: fact.event_id.to_string(),
            topic: fits("topic", &fact.topic, 64)?,
            event_day: day(fact.at),
            at: fact.at.as_millisecond(),
            order_id: fact.order_id.to_string(),
            day: fact.day(),
            customer_key: fact.customer.as_str(),
            status: fact.status.into(),
            reason: match &fact.reason {
                Some(reason) => Some(fits("reason", reason, 32)?),
                None => None,
            },
            currency: fits("currency", &fact.currency, 3)?,
            units: fact.units(),
            subtotal: fact.subtotal,
            shipping: fact.shipping,
            tax: fact.tax,
            total: fact.total,
            placed_at: fact.placed_at.as_millisecond(),
            product,
        };
        serde_json::to_writer(&mut lines, &line).map_err(|fault| Error::Internal(fault.into()))?;
        lines.push(b'\n');
    }
    Ok(lines)
}

fn product(line: &LineFact, place: i64) -> Result<Product<'_>, Error> {
    Ok(Product {
        place,
        product_id: line.product_id.to_string(),
        name: fits("name", &line.name, 4_000)?,
        category: fits("category", &line.category, 800)?,
        quantity: line.quantity,
        unit_price: line.unit_price,
        line_total: line.quantity * line.unit_price,
    })
}

/// The text, where its column takes it: so many bytes, and none of them zero.
fn fits<'a>(column: &str, text: &'a str, bytes: usize) -> Result<&'a str, Error> {
    match text.len() > bytes || text.contains('\0') {
        true => Err(Error::Internal(
            format!("{column}: expected at most {bytes} bytes, and no U+0000").into(),
        )),
        false => Ok(text),
    }
}
