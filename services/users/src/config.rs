//! The settings of users.

use std::{collections::BTreeMap, path::PathBuf};

use client::NeighbourConfig;
use jiff::SignedDuration;
use kit::{
    events::TopicArn, program::ServiceConfig, redis::RedisUrl, store::StoreUrl, tls::Identity,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    directory::{CognitoConfig, DirectoryName},
    provider::ProviderConfig,
    session::Lives,
};

/// Settings of users.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the data is: `sqlite:<path>` or `postgres://user:password@host:port/database`, with
    /// `?sslmode=disable`, `prefer`, `require` or `verify-full`, `sslrootcert=<PEM file>` and
    /// `pool=<connections>` where wanted. In place of a password: `password_file=<file>`, or `password_secret=<ARN>` for
    /// a program that was built with the feature `aws-secrets`.
    #[schema(value_type = String)]
    pub store: StoreUrl,
    /// Where people are kept: `own`, or `cognito:<region>/<pool>/<client>` for a program that was built with the
    /// feature `cognito`.
    #[schema(value_type = String)]
    pub directory: DirectoryName,
    /// What is particular to Cognito.
    pub cognito: CognitoConfig,
    /// Other providers of OpenID Connect that people may sign in by, by name: each with `issuer`, `client_id`,
    /// `client_secret`, `label`, `scopes`, `root`. They send people back to `<site>/continue`.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// Who may invoke this service: one key, or two while they are rotated; 32 bytes at least.
    /// In a variable with commas between.
    #[serde(
        serialize_with = "kit::config::secret",
        deserialize_with = "kit::config::list"
    )]
    #[schema(value_type = Vec<String>, default = "")]
    pub invoke_keys: Vec<SecretString>,
    /// The Ed25519 key that signs access tokens: PKCS#8, base64.
    #[serde(serialize_with = "kit::config::secret")]
    #[schema(value_type = String, default = "")]
    pub signing_key: SecretString,
    /// The keys that seal letters for `notices`, which has the same ones: at least 32 bytes each, one or
    /// two while they are rotated; the first seals. In a variable with commas between.
    #[serde(
        serialize_with = "kit::config::secret",
        deserialize_with = "kit::config::list"
    )]
    #[schema(value_type = Vec<String>, default = "")]
    pub letter_keys: Vec<SecretString>,
    /// Where the events of users go: `redis://host:port/0`. Unset, nobody in another process hears of
    /// them, and no letter is sent.
    #[schema(value_type = String)]
    pub redis: Option<RedisUrl>,
    /// The topic of SNS where they go in place of the stream in Redis: `arn:aws:sns:<region>:<account>:<name>.fifo`,
    /// for a program that was built with the feature `aws-events`.
    #[schema(value_type = String)]
    pub topic: Option<TopicArn>,
    /// The `iss` of access tokens.
    pub issuer: String,
    /// The origin of the shop's pages: passkeys belong to its host, and other providers send people back there.
    pub site: String,
    /// Whether those who work for the shop need a second factor for it: optional or required.
    pub staff_factor: StaffFactor,
    /// The `aud` and `client_id` of access tokens.
    pub audience: String,
    /// For how many seconds a session lives without being used, 300 to 31536000.
    #[serde(deserialize_with = "kit::config::within::<300, 31_536_000, _, _>")]
    #[schema(minimum = 300, maximum = 31_536_000)]
    pub session_idle_s: u32,
    /// For how many seconds a session lives however often it is used, 300 to 31536000: then its owner signs
    /// in again.
    #[serde(deserialize_with = "kit::config::within::<300, 31_536_000, _, _>")]
    #[schema(minimum = 300, maximum = 31_536_000)]
    pub session_s: u32,
    /// Where orders is, when users runs alone.
    pub orders: NeighbourConfig,
    /// Where notices is, when users runs alone.
    pub notices: NeighbourConfig,
    /// How users shows itself to its neighbours.
    #[serde(skip)]
    pub identity: Option<Identity>,
    /// A file with the accounts to try the shop with, which are made at the start.
    #[schema(value_type = String)]
    pub demo_accounts: Option<PathBuf>,
}

/// Whether those who work for the shop need a second factor for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StaffFactor {
    /// A password is enough.
    #[default]
    Optional,
    /// A session that was begun without one is a customer's.
    Required,
}

impl Config {
    /// How long sessions live.
    pub(crate) fn lives(&self) -> Lives {
        Lives {
            idle: SignedDuration::from_secs(self.session_idle_s.into()),
            longest: SignedDuration::from_secs(self.session_s.into()),
        }
    }
}

impl ServiceConfig for Config {
    const NAME: &'static str = "users";
    const PORT: u16 = 8081;

    fn introduce(&mut self, identity: Identity) {
        self.identity = Some(identity);
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: StoreUrl::Sqlite("data/users.db".into()),
            directory: DirectoryName::Own,
            cognito: CognitoConfig::default(),
            providers: BTreeMap::new(),
            invoke_keys: Vec::new(),
            signing_key: SecretString::default(),
            letter_keys: Vec::new(),
            redis: None,
            topic: None,
            issuer: "http://localhost:8080".into(),
            site: "http://localhost:3000".into(),
            staff_factor: StaffFactor::Optional,
            audience: "terrace-web".into(),
            session_idle_s: 30 * 24 * 60 * 60,
            session_s: 90 * 24 * 60 * 60,
            orders: NeighbourConfig::local(8083),
            notices: NeighbourConfig::local(8085),
            identity: None,
            demo_accounts: None,
        }
    }
}
