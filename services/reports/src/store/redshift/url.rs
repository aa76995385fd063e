//! Where the warehouse is.

use std::{fmt, str::FromStr};

use kit::store::{PostgresUrl, StoreError};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnectOptions;

/// A database of Redshift: `redshift://user:password@host:5439/database`, with the parameters of a store in PostgreSQL
/// but for `options`: Redshift is told no settings. It is shown without its password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WarehouseUrl(Box<PostgresUrl>);

/// It is not written as it has to be. It may hold a password, so nothing of it is shown.
#[derive(Debug, thiserror::Error)]
#[error(
    "expected redshift://user:password@host:port/database, with parameters as of postgres://, but for options"
)]
pub struct BadWarehouseUrl;

impl WarehouseUrl {
    /// The same, for what speaks PostgreSQL's protocol.
    pub fn as_postgres(&self) -> &PostgresUrl {
        &self.0
    }

    /// What it is connected to with.
    pub fn options(&self) -> Result<PgConnectOptions, StoreError> {
        // Redshift knows no more.
        Ok(self.0.complete_options([])?.extra_float_digits(2))
    }
}

impl FromStr for WarehouseUrl {
    type Err = BadWarehouseUrl;

    fn from_str(url: &str) -> Result<Self, BadWarehouseUrl> {
        let rest = url.strip_prefix("redshift://").ok_or(BadWarehouseUrl)?;
        // A password may hold a question mark.
        let (_, place) = rest.split_once('@').ok_or(BadWarehouseUrl)?;
        let server = place.split('/').next().unwrap_or_default();
        if server
            .rsplit_once(':')
            .is_none_or(|(_, port)| port.ends_with(']'))
        {
            return Err(BadWarehouseUrl);
        }
        let sign = if place.contains('?') { '&' } else { '?' };
        let url = format!("postgres://{rest}{sign}settings=role").parse();
        Ok(Self(Box::new(url.map_err(|_| BadWarehouseUrl)?)))
    }
}

impl TryFrom<String> for WarehouseUrl {
    type Error = BadWarehouseUrl;

    fn try_from(url: String) -> Result<Self, BadWarehouseUrl> {
        url.parse()
    }
}

impl From<WarehouseUrl> for String {
    fn from(url: WarehouseUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for WarehouseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.to_string();
        f.write_str(&shown.replacen("postgres", "redshift", 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warehouse_is_shown_without_its_password() {
        for (url, shown) in [
            (
                "redshift://reports:secret@host:5439/garden",
                "redshift://reports:…@host:5439/garden",
            ),
            (
                "redshift://reports@host:5439/garden?sslmode=verify-full&password_file=/run/password",
                "redshift://reports@host:5439/garden",
            ),
            (
                "redshift://reports:?@[::1]:5439/garden",
                "redshift://reports:…@[::1]:5439/garden",
            ),
        ] {
            let read: WarehouseUrl = url.parse().unwrap();
            assert_eq!(read.to_string(), shown);
        }
        for wrong in [
            "",
            "postgres://reports@host:5439/garden",
            "redshift://host:5439/garden",
            "redshift://reports@host/garden",
            "redshift://reports@[::1]/garden",
            "redshift://reports@host:5439",
            "redshift://reports@host:5439/garden?options=-cjit=off",
            "redshift://reports@host:5439/garden?color=red",
        ] {
            assert!(wrong.parse::<WarehouseUrl>().is_err(), "{wrong}");
        }
    }
}
