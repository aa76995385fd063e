//! Products as rows, read.

use rusqlite::{Row, types::Type};

use crate::product::{Details, Price, Product};

/// The columns of a product, in the order in which [`product`] reads them.
pub(super) const PRODUCT: &str = "p.seq, p.id, p.slug, p.name, p.botanical_name, p.summary, \
    p.description, p.category_id, p.price, p.stock, p.rating, p.care, p.attributes, p.image, \
    p.version, p.popularity";

pub(super) fn product(row: &Row<'_>) -> Result<Product, rusqlite::Error> {
    Ok(Product {
        seq: row.get(0)?,
        id: row.get(1)?,
        slug: row.get(2)?,
        details: Details {
            name: row.get(3)?,
            botanical_name: row.get(4)?,
            summary: row.get(5)?,
            description: row.get(6)?,
            category: row.get(7)?,
            price: Price::cents(row.get(8)?).ok_or_else(|| corrupt(8))?,
            care: row.get(11)?,
            attributes: serde_json::from_str(&row.get::<_, String>(12)?)
                .map_err(|_| corrupt(12))?,
        },
        stock: row.get(9)?,
        rating: row.get(10)?,
        image: row.get(13)?,
        version: row.get(14)?,
        popularity: row.get(15)?,
    })
}

pub(super) fn corrupt(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, "catalog".into(), Type::Text)
}
