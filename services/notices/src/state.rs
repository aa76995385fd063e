//! What notices is made of.

use std::{io, path::PathBuf, sync::Arc};

use kit::{
    clock::Clock,
    events::{Consumer, NoChannel, Source},
    identity::{Trust, WeakKey},
    program::Pass,
    seal::ShortKey,
    serve::{self, Ready},
    store::{StoreError, StoreUrl},
};
use lettre::message::Mailbox;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    Config, Error, MailUrl,
    delivery::Delivery,
    inbox::Inbox,
    letter::Opener,
    message::Writer,
    site::Site,
    store::{Store, postgres::PostgresStore, sqlite::SqliteStore},
    transport::{Folder, Smtp, Transport},
};

/// The state. Clones share everything.
#[derive(Clone)]
pub struct AppState {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) trust: Trust,
    delivery: Delivery,
    source: Option<Arc<dyn Source>>,
}

/// Why notices cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The store cannot be opened.
    #[error("{0}: {1}")]
    Store(StoreUrl, #[source] StoreError),
    /// An invoke key is too short.
    #[error("invoke_keys: {0}")]
    InvokeKey(#[from] WeakKey),
    /// There is no key of letters.
    #[error("letter_keys: expected one at least")]
    NoLetterKey,
    /// A key of letters is too short.
    #[error("letter_keys: {0}")]
    LetterKey(#[from] ShortKey),
    /// Events cannot come from there.
    #[error(transparent)]
    Events(#[from] NoChannel),
    /// The folder of letters cannot be made.
    #[error("mail: {0}: {1}")]
    Folder(PathBuf, #[source] io::Error),
    /// The mail server cannot be believed.
    #[error("mail: {0}")]
    Server(String),
    /// Letters cannot be from there.
    #[error("from: expected an address, e.g. Terrace <shop@terrace.example>")]
    From,
    /// Links cannot lead there.
    #[error("site: {0}")]
    Site(&'static str),
}

/// Opens the store; letters go where the settings say.
pub async fn connect(config: &Config) -> Result<AppState, ConnectError> {
    let transport: Arc<dyn Transport> = match &config.mail {
        MailUrl::Folder(path) => {
            let folder = Folder::open(path.clone());
            Arc::new(folder.map_err(|fault| ConnectError::Folder(path.clone(), fault))?)
        }
        MailUrl::Server(server) => {
            let smtp = Smtp::new(server, from(config)?.email.domain());
            Arc::new(smtp.map_err(ConnectError::Server)?)
        }
    };
    connect_to(config, transport).await
}

/// Opens the store; letters go by this transport.
pub async fn connect_to(
    config: &Config,
    transport: Arc<dyn Transport>,
) -> Result<AppState, ConnectError> {
    if config.letter_keys.is_empty() {
        return Err(ConnectError::NoLetterKey);
    }
    let writer = Writer {
        opener: Opener::new(&config.letter_keys)?,
        site: Site::parse(&config.site).map_err(ConnectError::Site)?,
        from: from(config)?,
    };
    let store = open(config).await?;
    Delivery::describe();
    let delivery = Delivery {
        store: store.clone(),
        writer: Arc::new(writer),
        transport,
        clock: Clock::default(),
        wake: Arc::default(),
    };
    Ok(AppState {
        store,
        trust: Trust::new("notices", &config.invoke_keys)?,
        delivery,
        source: config.source().await?,
    })
}

fn from(config: &Config) -> Result<Mailbox, ConnectError> {
    config.from.parse().map_err(|_| ConnectError::From)
}

/// Opens the store alone.
pub(crate) async fn open(config: &Config) -> Result<Arc<dyn Store>, ConnectError> {
    let store = async {
        Ok::<Arc<dyn Store>, StoreError>(match &config.store {
            StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path)?),
            StoreUrl::Postgres(url) => Arc::new(PostgresStore::open(url).await?),
        })
    };
    let store = store.await;
    store.map_err(|fault| ConnectError::Store(config.store.clone(), fault))
}

impl AppState {
    /// The same by another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.delivery.clock = clock;
        self
    }

    /// What opens letters.
    pub(crate) fn writer(&self) -> &Writer {
        &self.delivery.writer
    }

    /// Who takes letters in, for the relay of the service that writes them.
    pub fn consumer(&self) -> Arc<dyn Consumer> {
        Arc::new(Inbox {
            store: self.store.clone(),
            wake: self.delivery.wake.clone(),
        })
    }

    /// Sends what is due now.
    pub async fn deliver(&self) -> Result<(), Error> {
        self.delivery.pass(&CancellationToken::new()).await
    }

    /// Whether the store answers. Without a mail server letters wait, and all else goes on.
    pub fn ready(&self) -> Ready {
        let store = self.store.clone();
        serve::ready(move || {
            let store = store.clone();
            async move {
                let answer = store.ping().await;
                answer.map_err(|fault| format!("notices: {fault}"))
            }
        })
    }

    /// What [`Self::spawn_background`] does but for the stream, a pass at a time.
    pub fn passes(&self) -> Vec<Pass> {
        let (sends, looks) = (self.clone(), self.delivery.clone());
        vec![
            Pass::new("deliver", move || {
                let state = sends.clone();
                async move { state.deliver().await }
            })
            .following(),
            Pass::new("look", move || {
                let delivery = looks.clone();
                async move { delivery.look_once().await }
            }),
        ]
    }

    /// Takes letters in as the stream of users tells, and sends them, until `stop`.
    pub fn spawn_background(&self, stop: CancellationToken) -> JoinHandle<()> {
        let state = self.clone();
        tokio::spawn(async move {
            tokio::join!(state.delivery.run(&stop), state.hear(&stop));
        })
    }

    async fn hear(&self, stop: &CancellationToken) {
        if let Some(source) = &self.source {
            source.run(self.consumer(), stop.clone()).await;
        }
    }
}
