//! Products that are looked up and changed, within the writer's transaction.

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use uuid::Uuid;

use super::{
    rows::{PRODUCT, product},
    search::{index, unindex},
};
use crate::{
    Error,
    product::{Details, Product, name_key},
    store::{Change, NewProduct},
};

pub(super) fn select(db: &Connection, id: Uuid) -> Result<Option<Product>, rusqlite::Error> {
    let sql = format!("select {PRODUCT} from product p where id = ?1 and retired = 0");
    db.prepare_cached(&sql)?.query_row([id], product).optional()
}

pub(super) fn insert(db: &Connection, new: &NewProduct) -> Result<(), Error> {
    let details = &new.details;
    let category = category_name(db, &details.category)?;
    let inserted = db
        .prepare_cached(
            "insert into product (id, slug, name, botanical_name, summary, description,
               category_id, price, stock, rating, care, attributes, image, popularity, version,
               name_key)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 1, ?15)",
        )?
        .execute(params![
            new.id,
            new.slug.as_str(),
            details.name,
            details.botanical_name,
            details.summary,
            details.description,
            details.category,
            details.price.get(),
            new.stock,
            new.rating,
            details.care,
            attributes(details),
            new.image,
            (new.rating * 10.0).round(),
            name_key(&details.name),
        ]);
    match inserted {
        Err(fault) if fault.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(Error::SlugTaken)
        }
        inserted => {
            inserted?;
            Ok(index(db, db.last_insert_rowid(), details, &category)?)
        }
    }
}

pub(super) fn apply(db: &Connection, before: &Product, change: &Change) -> Result<(), Error> {
    let seq = before.seq;
    match change {
        Change::Details(details) => {
            let category = category_name(db, &details.category)?;
            db.prepare_cached(
                "update product set name = ?2, botanical_name = ?3, summary = ?4,
                   description = ?5, category_id = ?6, price = ?7, care = ?8, attributes = ?9,
                   name_key = ?10
                 where seq = ?1",
            )?
            .execute(params![
                seq,
                details.name,
                details.botanical_name,
                details.summary,
                details.description,
                details.category,
                details.price.get(),
                details.care,
                attributes(details),
                name_key(&details.name),
            ])?;
            unindex(db, seq)?;
            index(db, seq, details, &category)?;
        }
        Change::Stock(stock) => {
            let sql = "update product set stock = ?2 where seq = ?1";
            db.prepare_cached(sql)?.execute([seq, *stock])?;
        }
        Change::Image(image) => {
            let sql = "update product set image = ?2 where seq = ?1";
            db.prepare_cached(sql)?.execute(params![seq, image])?;
        }
        Change::Retire => {
            // Its slug is free again.
            db.prepare_cached(
                "update product set retired = 1, slug = slug || '-' || lower(hex(id))
                 where seq = ?1",
            )?
            .execute([seq])?;
            unindex(db, seq)?;
        }
    }
    Ok(())
}

fn category_name(db: &Connection, id: &str) -> Result<String, Error> {
    let name = db
        .prepare_cached("select name from category where id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    name.ok_or(Error::UnknownCategory)
}

fn attributes(details: &Details) -> String {
    serde_json::to_string(&details.attributes).expect("strings serialise")
}
