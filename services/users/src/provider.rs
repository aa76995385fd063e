//! Other providers of OpenID Connect, whose people may sign in here: what the settings say of each, and what is
//! asked of it. The way of a browser there and back is in `flow`, what is believed of an answer in `id_token`.

mod exchange;
mod flow;
mod id_token;
mod kept;
mod metadata;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use http::{Request, Response, Uri};
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use kit::{jwks, tls::Outside};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use self::{
    exchange::Tokens,
    flow::{Browser, Flow, Purpose},
    id_token::{Identity, LEEWAY_S},
};
use self::{kept::Kept, metadata::Metadata};

/// How long a provider may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// How long all that it is asked for one sign-in may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// How many calls to one provider may be under way: one that hangs holds no more of us than these.
const MAX_CALLS: usize = 16;

/// What ID tokens may be signed with.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// A provider, as the settings have it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Its exact `iss`, by https; in the clear on this machine alone. What else has to be known of it stands
    /// below that, at `/.well-known/openid-configuration`.
    pub issuer: String,
    /// What the shop is called there.
    pub client_id: String,
    /// The shop's secret there; none where the provider gives none.
    #[serde(default, serialize_with = "kit::config::secret")]
    #[schema(value_type = String, default = "")]
    pub client_secret: SecretString,
    /// What people call it: `Example ID`.
    pub label: String,
    /// What it is asked for, with spaces between; `openid` is among it.
    #[serde(default = "default_scopes")]
    pub scopes: String,
    /// The file of the certificate in PEM by which its server is trusted. Unset, those that the system trusts.
    #[serde(default)]
    #[schema(value_type = String)]
    pub root: Option<PathBuf>,
}

fn default_scopes() -> String {
    "openid email profile".to_owned()
}

/// A provider that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("providers.{name}{key}: {expected}")]
pub struct BadProvider {
    name: String,
    key: &'static str,
    expected: String,
}

/// An account's identity at a provider, as stored.
#[derive(Clone, Debug)]
pub struct Linked {
    /// Whose identity it is.
    pub user_id: Uuid,
    /// The provider's name in the settings.
    pub provider: String,
    /// Its exact `iss`: a name may stand for another provider one day.
    pub issuer: String,
    /// What the provider calls the person for ever.
    pub subject: String,
    /// Since when.
    pub linked_at: Timestamp,
    /// When somebody last signed in by it.
    pub used_at: Option<Timestamp>,
}

/// All of them. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Providers(Arc<[Arc<Provider>]>);

/// One of them.
pub(crate) struct Provider {
    /// In the settings, and in paths.
    pub(crate) name: String,
    /// For people.
    pub(crate) label: String,
    /// The exact `iss`.
    pub(crate) issuer: String,
    client_id: String,
    client_secret: Option<SecretString>,
    scopes: String,
    /// The one page that it may send people back to.
    redirect: String,
    outside: Outside,
    calls: Semaphore,
    metadata: Kept<Metadata>,
    keys: Kept<jwks::Keys>,
}

impl Providers {
    /// Those of the settings, for the shop whose pages have this origin.
    pub(crate) fn new(
        configs: &BTreeMap<String, ProviderConfig>,
        site: &str,
    ) -> Result<Self, BadProvider> {
        let all = configs.iter();
        let all = all.map(|(name, config)| Provider::new(name, config, site).map(Arc::new));
        Ok(Self(all.collect::<Result<_, _>>()?))
    }

    /// In the order of their names.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter().map(|it| &**it)
    }

    /// The one of this name.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Provider>> {
        self.0.iter().find(|it| it.name == name)
    }

    /// What people call the one of this name, which may no longer be among them.
    pub(crate) fn label(&self, name: &str) -> String {
        let found = self.find(name).map(|it| &*it.label);
        found.unwrap_or(name).to_owned()
    }
}

impl Provider {
    fn new(name: &str, config: &ProviderConfig, site: &str) -> Result<Self, BadProvider> {
        let bad = |key: &'static str, expected: &str| BadProvider {
            name: name.to_owned(),
            key,
            expected: expected.to_owned(),
        };
        let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if name.is_empty() || name.len() > 32 || !name.chars().all(is_letter) {
            let expected = "expected a name of at most 32 small letters, digits, `-` and `_`";
            return Err(bad("", expected));
        }
        let is_plain = !config.issuer.contains(['?', '#']);
        if !is_plain || Outside::url(&config.issuer).is_none() {
            return Err(bad(
                ".issuer",
                "expected its exact `iss`: https://host/path",
            ));
        }
        if config.client_id.is_empty() {
            return Err(bad(".client_id", "expected what the shop is called there"));
        }
        let label = config.label.trim();
        if label.is_empty() || label.len() > 40 || label.contains(char::is_control) {
            let expected = "expected what people call it, of at most 40 letters";
            return Err(bad(".label", expected));
        }
        if !config.scopes.split(' ').any(|scope| scope == "openid") {
            return Err(bad(".scopes", "expected `openid` among them"));
        }
        let outside = Outside::new(config.root.as_deref()).map_err(|it| bad(".root", &it))?;
        let secret = &config.client_secret;
        Ok(Self {
            name: name.to_owned(),
            label: label.to_owned(),
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            client_secret: (!secret.expose_secret().is_empty()).then(|| secret.clone()),
            scopes: config.scopes.clone(),
            redirect: format!("{site}/continue"),
            outside,
            calls: Semaphore::new(MAX_CALLS),
            metadata: Kept::default(),
            keys: Kept::default(),
        })
    }

    /// Sends a request there, if not too many are under way.
    async fn call(&self, request: Request<Body>) -> Result<Response<Bytes>, Fault> {
        let _call = self.calls.try_acquire().map_err(|_| "too many calls")?;
        self.outside.send(request, TIMEOUT, MAX_ANSWER).await
    }

    /// What it publishes at this URL.
    async fn get(&self, url: &Uri) -> Result<Bytes, Fault> {
        let request = Request::get(url).header(http::header::ACCEPT, "application/json");
        let answer = self.call(request.body(Body::empty())?).await?;
        match answer.status().is_success() {
            true => Ok(answer.into_body()),
            false => Err(format!("{url} answered {}", answer.status()).into()),
        }
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, Fault> {
        self.metadata.get(Metadata::of(self)).await
    }

    async fn fetch_keys(&self, url: &Uri) -> Result<jwks::Keys, Fault> {
        let published = self.get(url).await?;
        let mut keys = jwks::Keys::new();
        // One after the other: they are of three kinds, so that a key that names none is for one of them at most.
        for algorithm in ALGORITHMS {
            keys.extend(jwks::usable(&published, &[algorithm])?);
        }
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ProviderConfig {
        ProviderConfig {
            issuer: "https://id.example".into(),
            client_id: "terrace".into(),
            client_secret: SecretString::default(),
            label: "Example ID".into(),
            scopes: default_scopes(),
            root: None,
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused_by_their_name() {
        let sentence = |name: &str, change: fn(&mut ProviderConfig)| {
            let mut config = config();
            change(&mut config);
            let refused = Provider::new(name, &config, "https://shop.example");
            refused.err().map(|it| it.to_string()).unwrap_or_default()
        };

        assert_eq!(sentence("example", |_| ()), "");
        for (name, change, begins) in [
            (
                "Example",
                (|_| ()) as fn(&mut ProviderConfig),
                "providers.Example: ",
            ),
            ("", |_| (), "providers.: "),
            ("a/b", |_| (), "providers.a/b: "),
            (
                "example",
                |it| it.issuer = "http://id.example".into(),
                "providers.example.issuer: ",
            ),
            (
                "example",
                |it| it.issuer = "id.example".into(),
                "providers.example.issuer: ",
            ),
            (
                "example",
                |it| it.issuer += "/?tenant=1",
                "providers.example.issuer: ",
            ),
            (
                "example",
                |it| it.client_id.clear(),
                "providers.example.client_id: ",
            ),
            (
                "example",
                |it| it.label = "  ".into(),
                "providers.example.label: ",
            ),
            (
                "example",
                |it| it.scopes = "email".into(),
                "providers.example.scopes: ",
            ),
            (
                "example",
                |it| it.root = Some("gone.pem".into()),
                "providers.example.root: ",
            ),
        ] {
            let sentence = sentence(name, change);
            assert!(sentence.starts_with(begins), "{sentence:?}");
        }
    }
}
