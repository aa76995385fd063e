//! Address books in PostgreSQL.

use async_trait::async_trait;
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{PostgresStore, found};
use crate::{
    Error,
    address::{Address, MAX_ADDRESSES},
    store::Addresses,
};

#[async_trait]
impl Addresses for PostgresStore {
    async fn list_addresses(&self, user_id: Uuid) -> Result<Vec<(Uuid, Address)>, Error> {
        let rows = query!(
            "select id, name, line1, line2, city, region, postal_code, country
             from address where user_id = $1 order by id",
            user_id
        );
        let rows = rows.map(|row| {
            let address = Address {
                name: row.name,
                line1: row.line1,
                line2: row.line2,
                city: row.city,
                region: row.region,
                postal_code: row.postal_code,
                country: row.country,
            };
            (row.id, address)
        });
        Ok(rows.fetch_all(&mut *self.db.get().await?).await?)
    }

    async fn find_address(&self, user_id: Uuid, id: Uuid) -> Result<Option<Address>, Error> {
        let address = query_as!(
            Address,
            "select name, line1, line2, city, region, postal_code, country
             from address where id = $1 and user_id = $2",
            id,
            user_id
        );
        Ok(address.fetch_optional(&mut *self.db.get().await?).await?)
    }

    async fn insert_address(&self, user_id: Uuid, id: Uuid, a: &Address) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        query_scalar!(
            r#"select id from "user" where id = $1 for no key update"#,
            user_id
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
        let insert = query!(
            "insert into address
               (id, user_id, name, line1, line2, city, region, postal_code, country)
             select $1, $2, $3, $4, $5, $6, $7, $8, $9
             where (select count(*) from address where user_id = $2) < $10",
            id,
            user_id,
            a.name,
            a.line1,
            a.line2.as_deref(),
            a.city,
            a.region,
            a.postal_code,
            a.country,
            MAX_ADDRESSES
        );
        if insert.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::TooManyAddresses);
        }
        Ok(tx.commit().await?)
    }

    async fn replace_address(&self, user_id: Uuid, id: Uuid, a: &Address) -> Result<(), Error> {
        let replace = query!(
            "update address set name = $3, line1 = $4, line2 = $5, city = $6, region = $7,
               postal_code = $8, country = $9
             where id = $1 and user_id = $2",
            id,
            user_id,
            a.name,
            a.line1,
            a.line2.as_deref(),
            a.city,
            a.region,
            a.postal_code,
            a.country
        );
        let replaced = replace.execute(&mut *self.db.get().await?).await?;
        found(replaced.rows_affected())
    }

    async fn delete_address(&self, user_id: Uuid, id: Uuid) -> Result<(), Error> {
        let delete = query!(
            "delete from address where id = $1 and user_id = $2",
            id,
            user_id
        );
        let deleted = delete.execute(&mut *self.db.get().await?).await?;
        found(deleted.rows_affected())
    }
}
