//! The URL whose scheme chooses the adapter.

use std::{fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};
use tokio_postgres::config::{Host, SslMode};

/// Where a service keeps its data: `sqlite:<path of the file>` or
/// `postgres://user:password@host:port/database`. It is shown without its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum StoreUrl {
    /// A SQLite file, made when missing.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<PostgresUrl>),
}

/// A PostgreSQL database and how to reach it, as libpq writes it, with three parameters of its own:
///
/// - `sslmode`: `disable`; `prefer` (the default) encrypts when the server can; `require` always
///   encrypts; neither asks who the server is, which `verify-full` does, by certificate and name.
/// - `sslrootcert`: a PEM file of who may vouch for the server, for `verify-full`; the platform's
///   authorities unless set.
/// - `pool`: how many connections are kept at most, 1 to 1000, 10 unless set.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    pub(super) config: tokio_postgres::Config,
    pub(super) verify: bool,
    pub(super) root_cert: Option<PathBuf>,
    pub(super) pool: usize,
}

/// A store URL that no adapter serves. It may hold a password, so little of it is shown.
#[derive(Debug, thiserror::Error)]
pub enum BadStoreUrl {
    /// A scheme without an adapter, or `sqlite:` without a path.
    #[error(
        "store URL {0:?}: expected sqlite:<path> or postgres://user:password@host:port/database"
    )]
    Scheme(String),
    /// What follows `postgres://` cannot be read.
    #[error("store URL \"postgres://…\": expected {0}")]
    Postgres(&'static str),
}

impl FromStr for StoreUrl {
    type Err = BadStoreUrl;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        match url.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(Box::new(url.parse()?))),
            Some((scheme, _)) => Err(BadStoreUrl::Scheme(format!("{scheme}:…"))),
            None => Err(BadStoreUrl::Scheme("…".to_owned())),
        }
    }
}

impl PostgresUrl {
    /// The same database, with a setting of the server for the sessions there.
    #[must_use]
    pub fn with_setting(&self, setting: &str, value: &str) -> Self {
        let mut url = self.clone();
        let others = url.config.get_options().unwrap_or_default();
        let options = format!("{others} -c {setting}={value}");
        url.config.options(options);
        url
    }
}

impl FromStr for PostgresUrl {
    type Err = BadStoreUrl;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        // A password may hold a question mark.
        let credentials = url.find('@').unwrap_or(0);
        let (base, query) = match url[credentials..].find('?') {
            Some(at) => (&url[..credentials + at], &url[credentials + at + 1..]),
            None => (url, ""),
        };
        let (mut verify, mut root_cert, mut pool) = (false, None, 10);
        let mut rest = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", "verify-full")) => verify = true,
                Some(("sslmode", "disable" | "prefer" | "require")) => rest.push(parameter),
                Some(("sslmode", _)) => {
                    return Err(BadStoreUrl::Postgres(
                        "sslmode=disable, prefer, require or verify-full",
                    ));
                }
                Some(("sslrootcert", file)) => root_cert = Some(PathBuf::from(file)),
                Some(("pool", size)) => {
                    pool = size
                        .parse()
                        .ok()
                        .filter(|size| (1..=1000).contains(size))
                        .ok_or(BadStoreUrl::Postgres("a pool of 1 to 1000 connections"))?;
                }
                _ => rest.push(parameter),
            }
        }
        if root_cert.is_some() && !verify {
            // Who names an authority believes that it is asked.
            return Err(BadStoreUrl::Postgres(
                "sslmode=verify-full where there is an sslrootcert",
            ));
        }
        // What the driver says to a URL that it cannot read may hold a part of the password.
        let mut config: tokio_postgres::Config = format!("{base}?{}", rest.join("&"))
            .parse()
            .map_err(|_| BadStoreUrl::Postgres(FORM))?;
        if config.get_hosts().is_empty()
            || config.get_user().is_none()
            || config.get_dbname().is_none()
        {
            return Err(BadStoreUrl::Postgres(FORM));
        }
        if verify {
            config.ssl_mode(SslMode::Require);
        }
        Ok(Self {
            config,
            verify,
            root_cert,
            pool,
        })
    }
}

const FORM: &str = "postgres://user:password@host:port/database?name=value, with what is special in \
     them percent-encoded";

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = &self.config;
        write!(f, "postgres://{}", config.get_user().unwrap_or_default())?;
        if config.get_password().is_some() {
            f.write_str(":…")?;
        }
        let hosts = config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        });
        let ports = config.get_ports().iter().map(u16::to_string);
        let (hosts, ports) = (hosts.collect::<Vec<_>>(), ports.collect::<Vec<_>>());
        write!(f, "@{}", hosts.join(","))?;
        if !ports.is_empty() {
            write!(f, ":{}", ports.join(","))?;
        }
        write!(f, "/{}", config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for StoreUrl {
    type Error = BadStoreUrl;

    fn try_from(url: String) -> Result<Self, Self::Error> {
        url.parse()
    }
}

impl From<StoreUrl> for String {
    fn from(url: StoreUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_in_nothing_that_is_shown() {
        let url = "postgres://orders:hu?sh@db:5433/orders?sslmode=require&pool=3";

        let url: StoreUrl = url.parse().unwrap();

        let shown = format!("{url} {url:?} {}", String::from(url.clone()));
        assert!(shown.contains("orders:…@db:5433/orders"), "{shown}");
        assert!(!shown.contains("hu") && !shown.contains("sh@"), "{shown}");
        let StoreUrl::Postgres(url) = url else {
            panic!("{url}")
        };
        assert_eq!(url.config.get_password(), Some(&b"hu?sh"[..]));
        assert_eq!((url.pool, url.config.get_ssl_mode()), (3, SslMode::Require));
    }

    #[test]
    fn a_url_that_cannot_be_served_is_refused_with_what_can_be() {
        let refused = |url: &str| url.parse::<StoreUrl>().unwrap_err().to_string();

        for (url, expected) in [
            (
                "mysql://root:hush@db/shop",
                "\"mysql:…\": expected sqlite:<path> or postgres://",
            ),
            ("hush", "expected sqlite:<path> or postgres://"),
            ("sqlite:", "expected sqlite:<path>"),
            ("postgres://db", "user:password@host:port/database"),
            (
                "postgres://me:hush@/shop",
                "user:password@host:port/database",
            ),
            ("postgres://me:hush@db", "user:password@host:port/database"),
            ("postgres://me:hush@db/shop?colour=hush", "?name=value"),
            (
                "postgres://me:hush@db/shop?sslmode=allow",
                "prefer, require or verify-full",
            ),
            (
                "postgres://me:hush@db/shop?sslmode=require&sslrootcert=x",
                "sslmode=verify-full",
            ),
            ("postgres://me:hush@db/shop?pool=0", "1 to 1000"),
        ] {
            let fault = refused(url);
            assert!(fault.contains(expected), "{url}: {fault}");
            assert!(!fault.contains("hush"), "{fault}");
        }
    }
}
