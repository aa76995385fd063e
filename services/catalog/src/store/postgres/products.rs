//! Products: read, inserted and changed. Whoever writes is in a transaction.

use kit::store::{Connection, PostgresError};
use sqlx::{FromRow, query, query_as, query_scalar};
use uuid::Uuid;

use super::search::{search_vectors, storable};
use crate::{
    Error,
    product::{Details, Price, Product, name_key},
    store::{Change, NewProduct, Seen},
};

/// The columns of a product.
pub(super) const PRODUCT: &str = "p.seq, p.id, p.slug, p.name, p.botanical_name, p.summary, \
    p.description, p.category_id, p.price, p.stock, p.rating, p.care, p.attributes, p.image, \
    p.version, p.popularity";

/// A product's row.
#[derive(FromRow)]
pub(super) struct Row {
    seq: i64,
    id: Uuid,
    slug: String,
    name: String,
    botanical_name: Option<String>,
    summary: String,
    description: String,
    category_id: String,
    price: i64,
    stock: i64,
    rating: f64,
    care: String,
    attributes: String,
    image: String,
    version: i64,
    popularity: i64,
}

impl TryFrom<Row> for Product {
    type Error = PostgresError;

    fn try_from(row: Row) -> Result<Self, PostgresError> {
        let attributes = serde_json::from_str(&row.attributes);
        Ok(Self {
            seq: row.seq,
            id: row.id,
            slug: row.slug,
            details: Details {
                name: row.name,
                botanical_name: row.botanical_name,
                summary: row.summary,
                description: row.description,
                category: row.category_id,
                price: Price::cents(row.price).ok_or(PostgresError::Corrupt("price"))?,
                care: row.care,
                attributes: attributes.map_err(|_| PostgresError::Corrupt("attributes"))?,
            },
            stock: row.stock,
            rating: row.rating,
            image: row.image,
            version: row.version,
            popularity: row.popularity,
        })
    }
}

/// The product that the rest of the statement finds.
macro_rules! product {
    ($db:expr, $rest:tt, $value:expr) => {
        query_as!(
            Row,
            "select seq, id, slug, name, botanical_name, summary, description, category_id, price,
               stock, rating, care, attributes, image, version, popularity
             from product "
                + $rest,
            $value
        )
        .fetch_optional($db)
        .await?
        .map(Product::try_from)
        .transpose()?
    };
}

pub(super) async fn find(db: &mut Connection, id: Uuid) -> Result<Option<Product>, Error> {
    Ok(product!(db, "where id = $1 and not retired", id))
}

pub(super) async fn find_by_slug(
    db: &mut Connection,
    slug: &str,
) -> Result<Option<Product>, Error> {
    let slug = storable(slug);
    Ok(product!(db, "where slug = $1 and not retired", slug))
}

pub(super) async fn seed(
    db: &mut Connection,
    categories: Vec<(String, String, i64)>,
    products: Vec<NewProduct>,
) -> Result<bool, Error> {
    // Of those who seed at once one does.
    sqlx::query("lock table category in exclusive mode")
        .execute(&mut *db)
        .await?;
    let is_seeded = query_scalar!(r#"select exists (select from category) as "is_seeded!""#);
    if is_seeded.fetch_one(&mut *db).await? {
        return Ok(false);
    }
    for (id, name, position) in categories {
        let insert = query!(
            "insert into category (id, name, position) values ($1, $2, $3)",
            id,
            name,
            position
        );
        insert.execute(&mut *db).await?;
    }
    for product in &products {
        insert(db, product).await?;
    }
    Ok(true)
}

pub(super) async fn insert(db: &mut Connection, new: &NewProduct) -> Result<(), Error> {
    let details = &new.details;
    let category = category_name(db, &details.category).await?;
    let (words, description_words) = search_vectors(details, &category);
    let insert = query!(
        "insert into product (id, slug, name, botanical_name, summary, description, category_id,
           price, stock, rating, care, attributes, image, popularity, version, words,
           description_words, name_key)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1,
           $15::text::tsvector, $16::text::tsvector, $17)
         on conflict (slug) do nothing",
        new.id,
        new.slug.as_str(),
        details.name,
        details.botanical_name.as_deref(),
        details.summary,
        details.description,
        details.category,
        details.price.get(),
        new.stock,
        new.rating,
        details.care,
        attributes(details),
        new.image,
        (new.rating * 10.0).round() as i64,
        words,
        description_words,
        name_key(&details.name),
    );
    match insert.execute(db).await?.rows_affected() {
        0 => Err(Error::SlugTaken),
        _ => Ok(()),
    }
}

/// The product after the change; one that is retired, before it.
pub(super) async fn change(
    db: &mut Connection,
    id: Uuid,
    seen: Seen,
    change: Change,
) -> Result<Product, Error> {
    let locked = product!(&mut *db, "where id = $1 and not retired for update", id);
    let before = locked.ok_or(Error::NotFound)?;
    if !seen(&before) {
        return Err(Error::Changed);
    }
    match change {
        Change::Details(details) => set_details(db, id, &details).await?,
        Change::Stock(stock) => {
            let set = query!("update product set stock = $2 where id = $1", id, stock);
            set.execute(&mut *db).await?;
        }
        Change::Image(image) => {
            let set = query!("update product set image = $2 where id = $1", id, image);
            set.execute(&mut *db).await?;
        }
        Change::Retire => {
            // Its slug is free again.
            let set = query!(
                "update product set retired = true, slug = slug || '-' || id where id = $1",
                id
            );
            set.execute(&mut *db).await?;
        }
    }
    let bump = query!("update product set version = version + 1 where id = $1", id);
    bump.execute(&mut *db).await?;
    Ok(find(db, id).await?.unwrap_or(before))
}

async fn set_details(db: &mut Connection, id: Uuid, details: &Details) -> Result<(), Error> {
    let category = category_name(db, &details.category).await?;
    let (words, description_words) = search_vectors(details, &category);
    let set = query!(
        "update product set name = $2, botanical_name = $3, summary = $4, description = $5,
           category_id = $6, price = $7, care = $8, attributes = $9, words = $10::text::tsvector,
           description_words = $11::text::tsvector, name_key = $12
         where id = $1",
        id,
        details.name,
        details.botanical_name.as_deref(),
        details.summary,
        details.description,
        details.category,
        details.price.get(),
        details.care,
        attributes(details),
        words,
        description_words,
        name_key(&details.name),
    );
    set.execute(db).await?;
    Ok(())
}

async fn category_name(db: &mut Connection, id: &str) -> Result<String, Error> {
    let name = query_scalar!("select name from category where id = $1", storable(id));
    name.fetch_optional(db).await?.ok_or(Error::UnknownCategory)
}

fn attributes(details: &Details) -> String {
    serde_json::to_string(&details.attributes).expect("strings serialise")
}
