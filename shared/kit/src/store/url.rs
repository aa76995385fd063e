//! The URL whose scheme chooses the adapter.

use std::{borrow::Cow, fmt, path::PathBuf, str::FromStr};

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::postgres::Place;

/// Where a service keeps its data: `sqlite:<path of the file>` or
/// `postgres://user:password@host:port/database`. It is shown without its password.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
/// - `settings`: `session` (the default) tells the server its settings for each session, such as limits of time;
///   `role` tells it none, for a proxy that lets none through, as RDS Proxy: then the role has to have them
///   (`alter role … set …`).
/// - `application_name`: `terrace` unless set.
/// - `password_file`: the file that has the password, which is read again when the server refuses the one that is
///   known; `password_secret`: the secret of AWS's Secrets Manager that has it, by name or ARN, for a program with
///   the feature `aws-secrets`. One of them, or a password before the host.
/// - `pool`: how many connections are kept at most, 1 to 1000, 10 unless set.
#[derive(Clone)]
pub struct PostgresUrl {
    /// Without password and parameters.
    shown: String,
    /// All but what follows.
    options: PgConnectOptions,
    pub(super) root_cert: Option<PathBuf>,
    pub(super) password: Option<Place>,
    pub(super) settings: Vec<(String, String)>,
    pub(super) are_settings_told: bool,
    pub(super) pool: u32,
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

    /// The options, with these settings and those of the URL where the server is told any.
    pub(super) fn told<'a>(
        &'a self,
        options: PgConnectOptions,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> PgConnectOptions {
        match self.are_settings_told {
            true => options.options(settings).options(self.settings.clone()),
            false => options,
        }
    }

    /// What sqlx connects with, but for `sslrootcert`, `options` and a password that is elsewhere. A store opens its own
    /// connections; this is for a tool whose statements take longer than a request may.
    pub fn connect_options(&self) -> PgConnectOptions {
        self.options.clone()
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
        if server.contains(',') {
            return Err(BadStoreUrl::Postgres("one host"));
        }
        // An IPv6 address stands in brackets.
        let host = host.trim_matches(['[', ']']);
        if [user, host, database].contains(&"") {
            return Err(form());
        }

        let mut options = PgConnectOptions::new_without_pgpass()
            .username(&decoded(user)?)
            .host(&decoded(host)?)
            .port(port.parse().map_err(|_| form())?)
            .database(&decoded(database)?)
            .ssl_mode(PgSslMode::Prefer)
            .application_name("terrace");
        if let Some(password) = password {
            options = options.password(&decoded(password)?);
        }
        let (mut root_cert, mut settings, mut pool) = (None, Vec::new(), 10);
        let (mut places, mut are_settings_told) = (Vec::new(), true);
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or_else(form)?;
            let value = decoded(value)?;
            match name {
                "sslmode" => options = options.ssl_mode(ssl_mode(&value)?),
                "sslrootcert" => root_cert = Some(PathBuf::from(&*value)),
                "options" => settings.extend(settings_of(&value)?),
                "application_name" => options = options.application_name(&value),
                "settings" => {
                    are_settings_told = match &*value {
                        "session" => true,
                        "role" => false,
                        _ => return Err(BadStoreUrl::Postgres("settings=session or role")),
                    }
                }
                "password_file" => places.push(Place::File(PathBuf::from(&*value))),
                "password_secret" => {
                    let secret = Place::secret(&value);
                    places.push(secret.ok_or(BadStoreUrl::Postgres(
                        "a program that was built with the feature aws-secrets for password_secret",
                    ))?);
                }
                "pool" => {
                    let size = value.parse().ok();
                    pool = size
                        .filter(|size| (1..=1000).contains(size))
                        .ok_or(BadStoreUrl::Postgres("a pool of 1 to 1000 connections"))?;
                }
                _ => return Err(form()),
            }
        }
        // Who names an authority believes that it is asked.
        if root_cert.is_some() && !matches!(options.get_ssl_mode(), PgSslMode::VerifyFull) {
            return Err(BadStoreUrl::Postgres(
                "sslmode=verify-full where there is an sslrootcert",
            ));
        }
        if !are_settings_told && !settings.is_empty() {
            return Err(BadStoreUrl::Postgres("no options where settings=role"));
        }
        if places.len() + usize::from(password.is_some()) > 1 {
            return Err(BadStoreUrl::Postgres(
                "one password: before the host, by password_file or by password_secret",
            ));
        }
        let shown = if password.is_some() { ":…" } else { "" };
        Ok(Self {
            shown: format!("postgres://{user}{shown}@{address}"),
            options,
            root_cert,
            password: places.pop(),
            settings,
            are_settings_told,
            pool,
        })
    }
}

const FORM: &str = "postgres://user:password@host:port/database?name=value, with what is special in \
     them percent-encoded";

fn decoded(text: &str) -> Result<Cow<'_, str>, BadStoreUrl> {
    let text = percent_decode_str(text).decode_utf8();
    text.map_err(|_| BadStoreUrl::Postgres(FORM))
}

fn ssl_mode(mode: &str) -> Result<PgSslMode, BadStoreUrl> {
    match mode {
        "disable" => Ok(PgSslMode::Disable),
        "prefer" => Ok(PgSslMode::Prefer),
        "require" => Ok(PgSslMode::Require),
        "verify-full" => Ok(PgSslMode::VerifyFull),
        _ => Err(BadStoreUrl::Postgres(
            "sslmode=disable, prefer, require or verify-full",
        )),
    }
}

/// `-c name=value`, once or more.
fn settings_of(options: &str) -> Result<Vec<(String, String)>, BadStoreUrl> {
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
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
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
