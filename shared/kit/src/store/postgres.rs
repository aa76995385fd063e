//! PostgreSQL through sqlx: a bounded pool of connections, each statement limited in time, and
//! errors sorted into what passes by itself and what is a defect of ours.
//!
//! Many replicas share one database. What must hold between them is said in SQL: by a constraint,
//! a single statement, or a row lock (`for update`), never by an order of events in one process.
//!
//! A method of an adapter takes a connection, and gives it to sqlx's macros, which the compiler
//! checks against `migrations/postgres` (`cargo xtask sqlx` writes what it needs to know):
//!
//! ```ignore
//! async fn rename(&self, id: Uuid, name: &Name) -> Result<(), Error> {
//!     let mut db = self.db.get().await?;
//!     let mut tx = db.begin().await?;
//!     let owner = query_scalar!("select owner from shop where id = $1 for no key update", id)
//!         .fetch_optional(&mut *tx)
//!         .await?
//!         .ok_or(Error::NotFound)?;
//!     let renamed = query!("update person set name = $2 where id = $1", owner, name.as_str());
//!     match renamed.execute(&mut *tx).await.map_err(PostgresError::from) {
//!         Err(fault) if fault.breaks("person_name") => return Err(Error::NameTaken),
//!         renamed => renamed?,
//!     };
//!     Ok(tx.commit().await?)
//! }
//!
//! /// A helper takes what both a client and a transaction lend.
//! async fn shops(db: &mut Connection, page: &Page) -> Result<Vec<Shop>, sqlx::Error> {
//!     let mut sql = QueryBuilder::new("select id, name from shop where true");
//!     if let Some(after) = page.after {
//!         sql.push(" and id > ").push_bind(after);
//!     }
//!     sql.push(" order by id limit ").push_bind(page.limit);
//!     sql.build_query_as().fetch_all(db).await
//! }
//! ```

mod connection;
mod error;
mod listen;
mod migrate;
mod password;
#[cfg(feature = "aws-secrets")]
mod secret;
mod tls;

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use metrics::{Histogram, histogram};
use secrecy::ExposeSecret;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection as _, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::{Instant, timeout};

use self::{
    connection::Suspicion,
    password::{Password, is_refusal},
};
use super::{
    PostgresUrl, StoreError,
    meter::{Meter, Running},
};

pub use connection::{Connection, Transaction};
pub use error::PostgresError;

pub(super) use password::Place;

/// How long a request waits for a connection: for one to be free, or to be made.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a program waits for a server that is not there when it starts: less than the start-up
/// probe of a cluster does (`k8s/base/pods.yaml`).
const START: Duration = Duration::from_secs(240);

/// How long it waits before it tries again, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long a connection may have been idle and be used unasked. One that lay longer may have been
/// cut by something in between that told nobody.
const TRUSTED_IDLE: Duration = Duration::from_secs(30);

/// How long an idle connection has to show that it is alive.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 256;

/// To compile a statement takes longer than any of ours.
const SESSION: [(&str, &str); 2] = [("jit", "off"), ("client_min_messages", "warning")];

/// Limits that the server keeps, for a statement that nobody waits for any more, a lock that does
/// not come, and a transaction whose program hangs.
const LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "5s"),
    ("lock_timeout", "3s"),
    ("idle_in_transaction_session_timeout", "10s"),
];

/// A PostgreSQL database. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Postgres {
    pool: PgPool,
    password: Option<Arc<Password>>,
    suspicion: Suspicion,
    wait_seconds: Histogram,
    held: Arc<Meter>,
}

/// A [`Connection`] out of the pool; it returns when dropped. While it is held the request's
/// database time runs.
pub struct Client {
    connection: Connection,
    _running: Running,
}

impl Postgres {
    /// Connects and applies the migrations that the database lacks. Waits for a server that is not
    /// there yet, up to [`START`]; fails at once for what waiting cannot mend.
    pub async fn open(url: &PostgresUrl, migrations: Migrator) -> Result<Self, StoreError> {
        let password = match &url.password {
            Some(place) => {
                let password = Password::at(place.clone()).await;
                Some(password.map_err(PostgresError::NoConnection)?)
            }
            None => None,
        };
        let options = url
            .with_authorities()?
            .statement_cache_capacity(STATEMENTS)
            .disable_statement_logging();
        let options = match &password {
            Some(password) => password.added_to(options).await,
            None => options,
        };

        let mut db = first_connection(&url.told(options.clone(), SESSION)).await?;
        // A migration, ours or the one that is waited for, may take longer than a request may.
        for (limit, _) in LIMITS {
            let unlimited = AssertSqlSafe(format!("set {limit} = 0"));
            let done = sqlx::query(unlimited).execute(&mut db).await;
            done.map_err(PostgresError::from)?;
        }
        migrate::migrate(&mut db, migrations).await?;
        db.close().await.map_err(PostgresError::from)?;

        let store = options.get_database().unwrap_or_default().to_owned();
        let suspicion = Suspicion::default();
        let suspected = suspicion.clone();
        let pool = PgPoolOptions::new()
            .max_connections(url.pool)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(move |connection, idle| {
                let trusted = idle.idle_for < TRUSTED_IDLE && suspected.is_over_for(idle.idle_for);
                // One that is silent is closed, and another is made.
                Box::pin(async move { Ok(trusted || is_alive(connection).await) })
            })
            .connect_lazy_with(url.told(options, SESSION.into_iter().chain(LIMITS)));
        Ok(Self {
            pool,
            password: password.map(Arc::new),
            suspicion,
            held: Meter::new(&store, "connection"),
            wait_seconds: histogram!("store_wait_seconds", "store" => store),
        })
    }

    /// A connection. One that is known to be dead is not handed out, so after a restart of the
    /// server the next request works; a statement that is under way when a connection dies fails,
    /// and is not repeated here, because it may have been done.
    pub async fn get(&self) -> Result<Client, PostgresError> {
        let running = self.held.start();
        let acquired = self.connect(|| self.pool.acquire()).await;
        let connection = acquired.map_err(PostgresError::NoConnection)?;
        self.wait_seconds.record(running.elapsed());
        Ok(Client {
            connection: Connection::new(connection, self.suspicion.clone()),
            _running: running,
        })
    }

    /// What `connect` gives, with the password as it is now where the server refuses the one that was known. That it is
    /// changed there first and in its place a moment later, or the other way round, costs a wait of [`ACQUIRE_TIMEOUT`]
    /// at most.
    async fn connect<T, F>(&self, connect: impl Fn() -> F) -> Result<T, sqlx::Error>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        let Some(password) = &self.password else {
            return connect().await;
        };
        let given_up = Instant::now() + ACQUIRE_TIMEOUT;
        loop {
            let known = password.changes();
            let refused = match connect().await {
                Err(fault) if is_refusal(&fault) => fault,
                connected => return connected,
            };
            if !password.renew(&self.pool, known).await {
                if Instant::now() + FIRST_PAUSE > given_up {
                    return Err(refused);
                }
                tokio::time::sleep(FIRST_PAUSE).await;
            }
        }
    }

    /// Whether the server answers; for readiness.
    pub async fn ping(&self) -> Result<(), PostgresError> {
        let mut db = self.get().await?;
        sqlx::query("select 1").execute(&mut *db).await?;
        Ok(())
    }
}

impl PostgresUrl {
    /// What sqlx connects with, for connections that are nobody's pool and have these settings; but for a password that
    /// is elsewhere.
    pub fn complete_options<'a>(
        &'a self,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<PgConnectOptions, StoreError> {
        let options = self.with_authorities()?.disable_statement_logging();
        Ok(self.told(options, settings))
    }

    /// A connection that is nobody's pool, by these options and with the password as it is now.
    pub async fn connect(&self, options: &PgConnectOptions) -> Result<PgConnection, PostgresError> {
        let connected = match &self.password {
            Some(place) => {
                let password = place.read().await.map_err(PostgresError::NoConnection)?;
                let options = options.clone().password(password.expose_secret());
                PgConnection::connect_with(&options).await
            }
            None => PgConnection::connect_with(options).await,
        };
        connected.map_err(PostgresError::NoConnection)
    }

    fn with_authorities(&self) -> Result<PgConnectOptions, StoreError> {
        let options = self.connect_options();
        Ok(match &self.root_cert {
            Some(file) => options.ssl_root_cert_from_pem(tls::authorities(file)?),
            None => options,
        })
    }
}

/// The first connection of a program, whose server may start later than it does.
async fn first_connection(options: &PgConnectOptions) -> Result<PgConnection, PostgresError> {
    let given_up = Instant::now() + START;
    let mut pause = FIRST_PAUSE;
    loop {
        let connected = timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(options)).await;
        let fault = match connected.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok(connection) => return Ok(connection),
            Err(fault) => PostgresError::NoConnection(fault),
        };
        if !fault.may_pass() || Instant::now() + pause > given_up {
            return Err(fault);
        }
        let host = options.get_host();
        tracing::warn!(%fault, host, ?pause, "PostgreSQL cannot be reached yet");
        // Replicas that start together do not come back together.
        tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn is_alive(connection: &mut PgConnection) -> bool {
    let answer = timeout(PING_TIMEOUT, connection.ping()).await;
    matches!(answer, Ok(Ok(())))
}

impl Deref for Client {
    type Target = Connection;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}
