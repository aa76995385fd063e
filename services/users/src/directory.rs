//! The port to a directory elsewhere that keeps people's passwords and sessions: Amazon Cognito. Without one
//! they are kept here, by the operations themselves.
//!
//! Whoever it is that signs in, Terrace keeps a row of them, for what it alone knows: addresses, the name, and
//! what the other services call them by ([`user_of`]).

#[cfg(feature = "cognito")]
mod cognito;

use std::{fmt, str::FromStr, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{config::Switch, identity::user_of};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Error,
    group::Group,
    session::RefreshToken,
    user::{Email, Name, User},
};

/// Where people are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum DirectoryName {
    /// Here.
    #[default]
    Own,
    /// In a user pool of Amazon Cognito, as one of its apps.
    Cognito {
        /// The region, e.g. `eu-west-1`.
        region: String,
        /// The pool's id.
        pool: String,
        /// The app client's id.
        client: String,
    },
}

/// A directory that there is not.
#[derive(Debug, thiserror::Error)]
pub enum BadDirectory {
    /// Its name has another form.
    #[error("directory: expected own or cognito:<region>/<pool>/<client>")]
    Name,
    /// The program cannot speak with it.
    #[error("directory: this program was built without the feature cognito")]
    NotBuilt,
    /// The accounts to try the shop with are made in the own store.
    #[error("demo_accounts: expected none beside a directory elsewhere")]
    DemoAccounts,
    /// Other providers lead to accounts of our own.
    #[error("providers: expected none beside a directory elsewhere, but for its own pages")]
    Providers,
}

/// What is particular to Cognito.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CognitoConfig {
    /// The app client's secret, where it has one. It should: without it anybody may guess passwords at
    /// Cognito, past the limits here.
    #[serde(serialize_with = "kit::config::secret")]
    #[schema(value_type = String, default = "")]
    pub client_secret: SecretString,
    /// Another address than Amazon's, for a server on this machine.
    pub endpoint: Option<String>,
    /// `on` sends passwords themselves, over TLS (`USER_PASSWORD_AUTH`), as the migration of users
    /// from elsewhere needs it; `off` proves them by SRP.
    pub password_auth: Switch,
}

/// Somebody, as the directory knows them.
pub struct Person {
    /// By what it calls them for ever.
    pub subject: String,
    /// The e-mail address, where the directory has seen that it is theirs.
    pub email: Option<Email>,
    /// The name, if it has one.
    pub name: Option<Name>,
    /// Whether they work for the shop: the group `staff`.
    pub is_staff: bool,
    /// Whether they look after people: the group `manager`.
    pub is_manager: bool,
}

/// A session that begins or goes on.
pub struct Signed {
    /// Whose it is.
    pub person: Person,
    /// The directory's access token, for the edge.
    pub access_token: String,
    /// How long it lives, in seconds.
    pub expires_in: i64,
    /// What renews it; none where the one that came goes on.
    pub refresh: Option<RefreshToken>,
}

/// Tokens that the directory's own pages gave, by the browser.
pub struct Hosted {
    /// Its access token.
    pub access_token: String,
    /// Whom it names: verified.
    pub id_token: String,
    /// What renews the session.
    pub refresh: Option<RefreshToken>,
    /// How long the access token lives, in seconds.
    pub expires_in: i64,
}

/// What the right password is answered with.
pub enum SignIn {
    /// That was all.
    Done(Box<Signed>),
    /// A code is asked for as well.
    Challenge(Challenge),
}

/// A code that is asked for after the password. With it and the code one is signed in: it leaves us sealed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Challenge {
    /// What makes the code, or where it was sent.
    pub factor: Factor,
    /// Whose sign-in it is.
    pub username: String,
    /// What the directory knows the sign-in by.
    pub session: String,
}

/// Where a code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Factor {
    /// An app.
    Totp,
    /// A short message.
    Sms,
    /// A letter.
    Email,
}

/// What Terrace needs of a directory. All may answer [`Error::Unavailable`], [`Error::Busy`] and
/// [`Error::Directory`].
#[async_trait]
pub trait Directory: Send + Sync {
    /// Who issues its access tokens: their exact `iss`.
    fn issuer(&self) -> &str;

    /// Opens an account and tells its subject, and whether it can be used at once, or first needs the code that
    /// was sent to the address. [`Error::EmailTaken`], [`Error::PasswordRefused`]. New passwords have been
    /// checked by our own rules, here and below.
    async fn sign_up(
        &self,
        email: &Email,
        password: &SecretString,
        name: &Name,
    ) -> Result<(String, bool), Error>;

    /// Takes the code of a new account's letter; [`Error::WrongCode`].
    async fn confirm_sign_up(&self, email: &Email, code: &str) -> Result<(), Error>;

    /// Checks a password. [`Error::WrongCredentials`], [`Error::NotConfirmed`],
    /// [`Error::PasswordResetRequired`].
    async fn sign_in(&self, email: &Email, password: &SecretString) -> Result<SignIn, Error>;

    /// Checks the code that was asked for; [`Error::WrongCode`], after which the sign-in begins anew.
    async fn answer(&self, challenge: &Challenge, code: &str) -> Result<SignIn, Error>;

    /// The session that its own pages began.
    fn hosted(&self, tokens: Hosted) -> Result<Signed, Error>;

    /// Renews a session; [`Error::SessionEnded`].
    async fn refresh(&self, token: &RefreshToken) -> Result<Signed, Error>;

    /// Ends one session; repeatable.
    async fn sign_out(&self, token: &RefreshToken) -> Result<(), Error>;

    /// Ends all sessions of an account.
    async fn end_sessions(&self, email: &Email) -> Result<(), Error>;

    /// Gives an account another password, and ends all its sessions; [`Error::PasswordRefused`].
    async fn change_password(&self, email: &Email, password: &SecretString) -> Result<(), Error>;

    /// Sends a code to the address by which the password may be changed; the same for an unknown one.
    async fn begin_reset(&self, email: &Email) -> Result<(), Error>;

    /// Gives an account another password by that code; [`Error::WrongCode`], [`Error::PasswordRefused`].
    async fn finish_reset(
        &self,
        email: &Email,
        code: &str,
        password: &SecretString,
    ) -> Result<(), Error>;

    /// Changes the name.
    async fn rename(&self, email: &Email, name: &Name) -> Result<(), Error>;

    /// Makes somebody one of a group, or no longer; repeatable. A manager is one of the staff, and who is no
    /// longer one of the staff is no manager. [`Error::NotFound`].
    async fn set_group(&self, email: &Email, group: Group, is_in: bool) -> Result<(), Error>;

    /// Deletes an account; repeatable.
    async fn delete(&self, email: &Email) -> Result<(), Error>;
}

/// The directory of this name; none for our own.
pub async fn open(
    name: &DirectoryName,
    config: &CognitoConfig,
) -> Result<Option<Arc<dyn Directory>>, BadDirectory> {
    let DirectoryName::Cognito {
        region,
        pool,
        client,
    } = name
    else {
        return Ok(None);
    };
    #[cfg(feature = "cognito")]
    {
        let cognito = cognito::Cognito::new(region, pool, client, config).await;
        Ok(Some(Arc::new(cognito)))
    }
    #[cfg(not(feature = "cognito"))]
    {
        let _ = (region, pool, client, config);
        Err(BadDirectory::NotBuilt)
    }
}

impl Person {
    /// The row to keep of them. Where the directory vouches for no address, there is none that anybody could
    /// have.
    pub(crate) fn row(&self, issuer: &str, now: Timestamp) -> User {
        let id = user_of(issuer, &self.subject);
        let none = || Email::stored(format!("{id}@unverified.invalid"));
        let name = self.name.clone();
        User {
            id,
            email: self.email.clone().unwrap_or_else(none),
            name: name.unwrap_or_else(|| Name::stored("Gardener".to_owned())),
            is_staff: self.is_staff || self.is_manager,
            is_manager: self.is_manager,
            created_at: now,
        }
    }
}

impl FromStr for DirectoryName {
    type Err = BadDirectory;

    fn from_str(name: &str) -> Result<Self, BadDirectory> {
        if name == "own" {
            return Ok(Self::Own);
        }
        let parts = name.strip_prefix("cognito:").ok_or(BadDirectory::Name)?;
        let parts: Vec<_> = parts.split('/').collect();
        let is_fit = |part: &&str| {
            let mut letters = part.chars();
            !part.is_empty() && letters.all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        };
        match parts[..] {
            // A pool's id begins with its region.
            [region, pool, client]
                if parts.iter().all(is_fit) && pool.starts_with(&format!("{region}_")) =>
            {
                Ok(Self::Cognito {
                    region: region.to_owned(),
                    pool: pool.to_owned(),
                    client: client.to_owned(),
                })
            }
            _ => Err(BadDirectory::Name),
        }
    }
}

impl fmt::Display for DirectoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("own"),
            Self::Cognito {
                region,
                pool,
                client,
            } => write!(f, "cognito:{region}/{pool}/{client}"),
        }
    }
}

impl From<DirectoryName> for String {
    fn from(name: DirectoryName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for DirectoryName {
    type Error = BadDirectory;

    fn try_from(name: String) -> Result<Self, BadDirectory> {
        name.parse()
    }
}

impl Default for CognitoConfig {
    fn default() -> Self {
        Self {
            client_secret: SecretString::default(),
            endpoint: None,
            password_auth: Switch::Off,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_our_own_or_a_pool_and_nothing_else() {
        for good in ["own", "cognito:eu-west-1/eu-west-1_Ab1/4f0c"] {
            assert_eq!(good.parse::<DirectoryName>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "Own",
            "cognito",
            "cognito:",
            "cognito:eu-west-1/eu-west-1_Ab1",
            "cognito:eu-west-1/eu-west-1_Ab1/4f0c/more",
            "cognito:eu-west-1/us-east-1_Ab1/4f0c",
            "cognito:eu-west-1/eu-west-1_Ab1/",
            "cognito:eu.evil/eu.evil_a/b",
            "ldap://garden",
        ] {
            let refused = bad.parse::<DirectoryName>().unwrap_err().to_string();
            assert!(
                refused.contains("own or cognito:<region>/<pool>/<client>"),
                "{bad}"
            );
        }
    }
}
