//! What every handler of users shares.

use std::{sync::Arc, time::Duration};

use kit::{
    clock::Clock,
    events::Consumer,
    identity::{Trust, WeakKey},
    program::Pass,
    serve::{self, Ready},
    store::{StoreError, StoreUrl},
};
use secrecy::SecretString;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    Config, Error, StaffFactor,
    challenge::Challenges,
    client::Client,
    cookie::Cookies,
    directory::{self, BadDirectory, Directory},
    group::Group,
    guesses::Guesses,
    issuer::{BadSigningKey, Issuer},
    keepers::Keepers,
    letter::{BadLetterKey, Letters},
    passkey::{BadSite, Passkeys},
    password::Passwords,
    provider::{BadProvider, Providers},
    seal::Seal,
    session::Lives,
    store::{Store, postgres::PostgresStore, sqlite::SqliteStore},
    user::{Email, Name, User},
};

/// The state. Clones share everything.
#[derive(Clone)]
pub struct AppState {
    pub(crate) store: Arc<dyn Store>,
    /// Where people are kept, if not here.
    pub(crate) directory: Option<Arc<dyn Directory>>,
    pub(crate) passwords: Passwords,
    pub(crate) issuer: Issuer,
    pub(crate) trust: Trust,
    pub(crate) clock: Clock,
    pub(crate) cookies: Cookies,
    pub(crate) guesses: Guesses,
    pub(crate) lives: Lives,
    pub(crate) letters: Letters,
    pub(crate) challenges: Arc<Challenges>,
    /// Seals the secrets of apps.
    pub(crate) secrets: Arc<Seal>,
    pub(crate) passkeys: Passkeys,
    pub(crate) providers: Providers,
    pub(crate) staff_factor: StaffFactor,
    /// Who else keeps something of people.
    pub(crate) keepers: Option<Keepers>,
}

/// Why users cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The store cannot be opened.
    #[error("{0}: {1}")]
    Store(StoreUrl, #[source] StoreError),
    /// An invoke key is too short.
    #[error("invoke_keys: {0}")]
    InvokeKey(#[from] WeakKey),
    /// The directory cannot be used.
    #[error(transparent)]
    Directory(#[from] BadDirectory),
    /// The signing key is not one.
    #[error(transparent)]
    SigningKey(#[from] BadSigningKey),
    /// A key of letters is missing, or too short.
    #[error(transparent)]
    LetterKey(#[from] BadLetterKey),
    /// The site's origin is not one.
    #[error(transparent)]
    Site(#[from] BadSite),
    /// A provider cannot be used.
    #[error(transparent)]
    Provider(#[from] BadProvider),
}

/// Opens the store and reads the keys.
pub async fn connect(config: &Config) -> Result<AppState, ConnectError> {
    let directory = directory::open(&config.directory, &config.cognito).await?;
    if directory.is_some() && config.demo_accounts.is_some() {
        return Err(BadDirectory::DemoAccounts.into());
    }
    if let Some(directory) = &directory {
        let mut issuers = config.providers.values().map(|it| &*it.issuer);
        if issuers.any(|it| it != directory.issuer()) {
            return Err(BadDirectory::Providers.into());
        }
    }
    let store = open(&config.store)
        .await
        .map_err(|fault| ConnectError::Store(config.store.clone(), fault))?;
    // There from the start, so that an alert sees the first one too.
    metrics::counter!("users_refresh_reused_total").increment(0);
    metrics::counter!("users_passkey_counter_regressed_total").increment(0);
    Ok(AppState {
        store,
        directory,
        passwords: Passwords::default(),
        issuer: Issuer::new(config)?,
        trust: Trust::new("users", &config.invoke_keys)?,
        clock: Clock::default(),
        cookies: Cookies::of(&config.issuer),
        guesses: Guesses::new(&config.signing_key),
        lives: config.lives(),
        letters: Letters::new(&config.letter_keys)?,
        challenges: Arc::new(Challenges::new(&config.signing_key)),
        secrets: Arc::new(Seal::new(&config.signing_key, "secrets of apps")),
        passkeys: Passkeys::of(&config.site)?,
        providers: Providers::new(&config.providers, &config.site)?,
        staff_factor: config.staff_factor,
        keepers: None,
    })
}

async fn open(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match url {
        StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path)?),
        StoreUrl::Postgres(url) => Arc::new(PostgresStore::open(url).await?),
    })
}

impl AppState {
    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self {
            issuer: self.issuer.with_clock(clock.clone()),
            trust: self.trust.with_clock(clock.clone()),
            clock,
            ..self
        }
    }

    /// The directory, where people are not kept here.
    pub(crate) fn elsewhere(&self) -> Result<&dyn Directory, Error> {
        self.directory.as_deref().ok_or(Error::NotFound)
    }

    /// The same, where these keep something of people too. Without them nothing can be exported.
    #[must_use]
    pub fn with_keepers(self, keepers: Keepers) -> Self {
        Self {
            keepers: Some(keepers),
            ..self
        }
    }

    /// The same with another directory.
    #[must_use]
    pub fn with_directory(self, directory: Arc<dyn Directory>) -> Self {
        Self {
            directory: Some(directory),
            ..self
        }
    }

    /// Makes an account in this group unless the e-mail address has one; for seeding.
    /// True when it was made.
    pub async fn ensure_user(
        &self,
        email: &str,
        password: &SecretString,
        name: &str,
        group: Option<Group>,
    ) -> Result<bool, Error> {
        let invalid = |fault: String| Error::Internal(fault.into());
        let email = Email::parse(email).map_err(invalid)?;
        let name = Name::parse(name).map_err(invalid)?;
        // Every start asks; a hash is too dear to be made for nothing.
        if self.store.find_credentials(&email).await?.is_some() {
            return Ok(false);
        }
        let user = User::new(email, name);
        let user = group.map_or_else(|| user.clone(), |group| group.give(&user));
        let hash = self.passwords.hash(Client::OURSELVES, password).await?;
        match self.store.insert_user(&user, &hash).await {
            Ok(()) => Ok(true),
            Err(Error::EmailTaken) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Gives an account this password unless it has it already.
    pub(crate) async fn ensure_password(
        &self,
        email: &str,
        password: &SecretString,
    ) -> Result<(), Error> {
        let email = Email::parse(email).map_err(|fault| Error::Internal(fault.into()))?;
        let found = self.store.find_credentials(&email).await?;
        let hash = found.map(|(_, hash)| hash);
        let ourselves = Client::OURSELVES;
        if self.passwords.matches(ourselves, password, hash).await? {
            return Ok(());
        }
        let hash = self.passwords.hash(ourselves, password).await?;
        self.store.set_password(&email, &hash).await
    }

    /// The groups that a user is in who proved so who they are.
    pub(crate) fn groups(&self, user: &User, by_two_factors: bool) -> &'static [&'static str] {
        let is_enough = by_two_factors || self.staff_factor == StaffFactor::Optional;
        match is_enough {
            true => user.groups(),
            false => &["customer"],
        }
    }

    /// Whether the store answers.
    pub fn ready(&self) -> Ready {
        let store = self.store.clone();
        serve::ready(move || {
            let store = store.clone();
            async move {
                let answer = store.ping().await;
                answer.map_err(|fault| format!("users: {fault}"))
            }
        })
    }

    /// What [`Self::spawn_background`] does, a pass at a time.
    pub fn passes(&self, stop: &CancellationToken, consumers: Vec<Arc<dyn Consumer>>) -> Vec<Pass> {
        let (relay, stop) = (Arc::new(self.store.relay(consumers)), stop.clone());
        let forgets = self.clone();
        vec![
            Pass::new("relay", move || {
                let (relay, stop) = (relay.clone(), stop.clone());
                async move { relay.pass(&stop).await }
            })
            .following(),
            Pass::new("forget", move || {
                let state = forgets.clone();
                async move { state.forget_expired().await }
            }),
        ]
    }

    /// Forgets expired sessions, links and challenges.
    async fn forget_expired(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let sessions = self.store.delete_expired_sessions(now).await;
        let links = self.store.delete_expired_links(now).await;
        let challenges = self.store.delete_expired_challenges(now).await;
        sessions.and(links).and(challenges)
    }

    /// Carries the outbox's events to `consumers`, and forgets expired sessions and answered challenges,
    /// now and every hour, until `stop`.
    pub fn spawn_background(
        &self,
        stop: CancellationToken,
        consumers: Vec<Arc<dyn Consumer>>,
    ) -> JoinHandle<()> {
        let state = self.clone();
        let relay = self.store.relay(consumers).run(stop.clone());
        let hour = Duration::from_secs(3600);
        let forget = async move {
            loop {
                if let Err(fault) = state.forget_expired().await {
                    tracing::warn!(%fault, "some of what has expired stays");
                }
                let wait = tokio::time::sleep(hour);
                if stop.run_until_cancelled(wait).await.is_none() {
                    break;
                }
            }
        };
        tokio::spawn(async move {
            tokio::join!(relay, forget);
        })
    }
}
