//! Products as rows, read; and what a fault of the database means.

use kit::store::PostgresError;
use tokio_postgres::Row;

use crate::{
    Error,
    product::{Details, Price, Product},
    search::{Filter, Sort},
    store::SortKey,
};

/// The columns of a product.
pub(super) const PRODUCT: &str = "p.seq, p.id, p.slug, p.name, p.botanical_name, p.summary, \
    p.description, p.category_id, p.price, p.stock, p.rating, p.care, p.attributes, p.image, \
    p.version, p.popularity";

pub(super) fn sort_key(filter: &Filter, row: &Row) -> Result<SortKey, PostgresError> {
    Ok(match (filter.sort, &filter.words) {
        (Sort::Relevance, Some(_)) => SortKey::Rank(row.try_get::<_, f64>("sort_key")?.to_bits()),
        (Sort::Name, _) => SortKey::Text(row.try_get("sort_key")?),
        (Sort::Relevance | Sort::Price | Sort::PriceDescending | Sort::Newest, _) => {
            SortKey::Number(row.try_get("sort_key")?)
        }
    })
}

pub(super) fn product(row: &Row) -> Result<Product, PostgresError> {
    let price = Price::cents(row.try_get("price")?);
    let attributes = serde_json::from_str(row.try_get("attributes")?);
    Ok(Product {
        seq: row.try_get("seq")?,
        id: row.try_get("id")?,
        slug: row.try_get("slug")?,
        details: Details {
            name: row.try_get("name")?,
            botanical_name: row.try_get("botanical_name")?,
            summary: row.try_get("summary")?,
            description: row.try_get("description")?,
            category: row.try_get("category_id")?,
            price: price.ok_or(PostgresError::Corrupt("price"))?,
            care: row.try_get("care")?,
            attributes: attributes.map_err(|_| PostgresError::Corrupt("attributes"))?,
        },
        stock: row.try_get("stock")?,
        rating: row.try_get("rating")?,
        image: row.try_get("image")?,
        version: row.try_get("version")?,
        popularity: row.try_get("popularity")?,
    })
}

impl From<PostgresError> for Error {
    fn from(fault: PostgresError) -> Self {
        if fault.is_unavailable() {
            Self::Unavailable(fault.into())
        } else {
            Self::Internal(fault.into())
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(fault: tokio_postgres::Error) -> Self {
        PostgresError::from(fault).into()
    }
}
