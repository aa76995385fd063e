//! Address books in SQLite.

use async_trait::async_trait;
use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;

use super::{SqliteStore, of_an_account};
use crate::{
    Error,
    address::{Address, MAX_ADDRESSES},
    store::Addresses,
};

#[async_trait]
impl Addresses for SqliteStore {
    async fn list_addresses(&self, user_id: Uuid) -> Result<Vec<(Uuid, Address)>, Error> {
        self.db.read(|db| {
            let mut rows = db.prepare_cached(
                "select id, name, line1, line2, city, region, postal_code, country
                 from address where user_id = ?1 order by id",
            )?;
            let rows = rows.query_map([user_id], |row| Ok((row.get(0)?, address(row)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    async fn find_address(&self, user_id: Uuid, id: Uuid) -> Result<Option<Address>, Error> {
        self.db.read(|db| {
            let mut rows = db.prepare_cached(
                "select id, name, line1, line2, city, region, postal_code, country
                 from address where id = ?1 and user_id = ?2",
            )?;
            Ok(rows.query_row([id, user_id], address).optional()?)
        })
    }

    async fn insert_address(
        &self,
        user_id: Uuid,
        id: Uuid,
        address: &Address,
    ) -> Result<(), Error> {
        let a = address.clone();
        self.db
            .write(move |db| {
                let mut insert = db.prepare_cached(
                    "insert into address
                       (id, user_id, name, line1, line2, city, region, postal_code, country)
                     select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
                     where (select count(*) from address where user_id = ?2) < ?10",
                )?;
                let inserted = insert.execute(params![
                    id,
                    user_id,
                    a.name,
                    a.line1,
                    a.line2,
                    a.city,
                    a.region,
                    a.postal_code,
                    a.country,
                    MAX_ADDRESSES,
                ]);
                match of_an_account(inserted)? {
                    0 => Err(Error::TooManyAddresses),
                    _ => Ok(()),
                }
            })
            .await
    }

    async fn replace_address(
        &self,
        user_id: Uuid,
        id: Uuid,
        address: &Address,
    ) -> Result<(), Error> {
        let a = address.clone();
        let changed = self
            .db
            .write(move |db| {
                let mut update = db.prepare_cached(
                    "update address set name = ?3, line1 = ?4, line2 = ?5, city = ?6,
                       region = ?7, postal_code = ?8, country = ?9
                     where id = ?1 and user_id = ?2",
                )?;
                let changed = update.execute(params![
                    id,
                    user_id,
                    a.name,
                    a.line1,
                    a.line2,
                    a.city,
                    a.region,
                    a.postal_code,
                    a.country,
                ])?;
                Ok::<_, Error>(changed)
            })
            .await?;
        if changed == 1 {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }

    async fn delete_address(&self, user_id: Uuid, id: Uuid) -> Result<(), Error> {
        let deleted = self
            .db
            .write(move |db| {
                let sql = "delete from address where id = ?1 and user_id = ?2";
                Ok::<_, Error>(db.prepare_cached(sql)?.execute([id, user_id])?)
            })
            .await?;
        if deleted == 1 {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }
}

fn address(row: &Row<'_>) -> Result<Address, rusqlite::Error> {
    Ok(Address {
        name: row.get(1)?,
        line1: row.get(2)?,
        line2: row.get(3)?,
        city: row.get(4)?,
        region: row.get(5)?,
        postal_code: row.get(6)?,
        country: row.get(7)?,
    })
}
