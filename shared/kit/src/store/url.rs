//! The URL whose scheme chooses the adapter.

use std::{fmt, path::PathBuf, str::FromStr};

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnectOptions;

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

/// A PostgreSQL database and how to reach it, as libpq writes it: one host, and these parameters.
///
/// - `sslmode`: `disable`; `prefer` (the default) encrypts when the server can; `require` always
///   encrypts; neither asks who the server is, which `verify-full` does, by certificate and name.
/// - `sslrootcert`: a PEM file of who may vouch for the server, besides the platform's authorities,
///   for `verify-full`.
/// - `options`: settings of the server for the sessions there, `-c name=value`.
/// - `application_name`: `terrace` unless set.
/// - `pool`: how many connections are kept at most, 1 to 1000, 10 unless set.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    user: String,
    password: Option<String>,
    /// A name, an address, or the folder of a Unix socket.
    host: String,
    port: u16,
    database: String,
    ssl: Ssl,
    settings: Vec<(String, String)>,
    application_name: String,
    pool: u32,
}

/// How safe the connections are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ssl {
    Disable,
    Prefer,
    Require,
    VerifyFull(Option<PathBuf>),
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
        url.settings.push((setting.to_owned(), value.to_owned()));
        url
    }

    /// What sqlx connects with, encrypted where the server can. A store opens its own connections;
    /// this is for a tool whose statements take longer than a request may.
    pub fn connect_options(&self) -> PgConnectOptions {
        let options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .username(&self.user)
            .database(&self.database)
            .application_name(&self.application_name);
        match &self.password {
            Some(password) => options.password(password),
            None => options,
        }
    }

    pub(super) fn ssl(&self) -> &Ssl {
        &self.ssl
    }

    pub(super) fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        let settings = self.settings.iter();
        settings.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn database(&self) -> &str {
        &self.database
    }

    pub(super) fn pool(&self) -> u32 {
        self.pool
    }
}

impl FromStr for PostgresUrl {
    type Err = BadStoreUrl;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let form = || BadStoreUrl::Postgres(FORM);
        let (_, rest) = url.split_once("://").ok_or_else(form)?;
        // A password may hold a question mark.
        let (credentials, rest) = rest.split_once('@').ok_or_else(form)?;
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (credentials, None),
        };
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (server, database) = address.split_once('/').ok_or_else(form)?;
        let (host, port) = match server.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => (server, "5432"),
        };
        if host.contains(',') || port.contains(',') {
            return Err(BadStoreUrl::Postgres("one host"));
        }
        // An IPv6 address.
        let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));

        let mut url = Self {
            user: decoded(user).ok_or_else(form)?,
            password: password
                .map(|it| decoded(it).ok_or_else(form))
                .transpose()?,
            host: decoded(bare.unwrap_or(host)).ok_or_else(form)?,
            port: port.parse().map_err(|_| form())?,
            database: decoded(database).ok_or_else(form)?,
            ssl: Ssl::Prefer,
            settings: Vec::new(),
            application_name: "terrace".to_owned(),
            pool: 10,
        };
        if url.user.is_empty() || url.host.is_empty() || url.database.is_empty() {
            return Err(form());
        }
        let mut root_cert = None;
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or_else(form)?;
            let value = decoded(value).ok_or_else(form)?;
            match name {
                "sslmode" => url.ssl = ssl(&value)?,
                "sslrootcert" => root_cert = Some(PathBuf::from(value)),
                "options" => url.settings.extend(settings(&value)?),
                "application_name" => url.application_name = value,
                "pool" => {
                    let size = value.parse().ok();
                    url.pool = size
                        .filter(|size| (1..=1000).contains(size))
                        .ok_or(BadStoreUrl::Postgres("a pool of 1 to 1000 connections"))?;
                }
                _ => return Err(form()),
            }
        }
        if root_cert.is_some() {
            let Ssl::VerifyFull(file) = &mut url.ssl else {
                // Who names an authority believes that it is asked.
                return Err(BadStoreUrl::Postgres(
                    "sslmode=verify-full where there is an sslrootcert",
                ));
            };
            *file = root_cert;
        }
        Ok(url)
    }
}

const FORM: &str = "postgres://user:password@host:port/database?name=value, with what is special in \
     them percent-encoded";

fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    Some(text.into_owned())
}

fn ssl(mode: &str) -> Result<Ssl, BadStoreUrl> {
    Ok(match mode {
        "disable" => Ssl::Disable,
        "prefer" => Ssl::Prefer,
        "require" => Ssl::Require,
        "verify-full" => Ssl::VerifyFull(None),
        _ => {
            return Err(BadStoreUrl::Postgres(
                "sslmode=disable, prefer, require or verify-full",
            ));
        }
    })
}

/// `-c name=value`, once or more.
fn settings(options: &str) -> Result<Vec<(String, String)>, BadStoreUrl> {
    let mut words = options.split_whitespace();
    let mut settings = Vec::new();
    while let Some(word) = words.next() {
        let setting = match word {
            "-c" => words.next(),
            word => word.strip_prefix("-c"),
        };
        let (name, value) = setting
            .and_then(|setting| setting.split_once('='))
            .ok_or(BadStoreUrl::Postgres("options of the form -c name=value"))?;
        settings.push((name.to_owned(), value.to_owned()));
    }
    Ok(settings)
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = if self.password.is_some() { ":…" } else { "" };
        let Self {
            user,
            host,
            port,
            database,
            ..
        } = self;
        write!(f, "postgres://{user}{password}@{host}:{port}/{database}")
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
        assert_eq!(url.password.as_deref(), Some("hu?sh"));
        assert_eq!((url.pool, &url.ssl), (3, &Ssl::Require));
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
