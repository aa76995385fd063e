//! Who issues access tokens: what is believed of its tokens (RFC 7519, RFC 8725), and who they speak for.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use arc_swap::ArcSwapOption;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use kit::{identity::user_of, tls::Outside};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    BadSetting, Config,
    call::Identity,
    keys::{Keys, Refused, Source},
};

/// How many seconds the issuer's clock may be ahead of ours, or behind at a token's end.
const LEEWAY_S: i64 = 30;

/// The longest life of a token that is accepted, in seconds: it cannot be called back.
const MAX_LIFE_S: u32 = 24 * 60 * 60;

/// An issuer beside the shop's own service: a Cognito pool, or any provider of OpenID Connect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// The exact `iss`.
    pub issuer: String,
    /// The URL of its keys (RFC 7517 §5), by https; in the clear on this machine alone.
    pub keys: String,
    /// The file of the certificate in PEM by which the server of the keys is trusted. Unset, those that
    /// the system trusts.
    #[serde(default)]
    #[schema(value_type = String)]
    pub root: Option<PathBuf>,
    /// What `aud` must be, or have.
    #[serde(default)]
    pub audience: Option<String>,
    /// What `client_id` must be: Cognito's access tokens have no `aud`.
    #[serde(default)]
    pub client_id: Option<String>,
    /// What `token_use` must be: `access` for Cognito.
    #[serde(default)]
    pub token_use: Option<String>,
    /// What the header's `typ` must be: `at+jwt` where the provider follows RFC 9068.
    #[serde(default)]
    pub typ: Option<String>,
    /// The claim that lists the groups.
    #[serde(default = "default_groups_claim")]
    pub groups_claim: String,
    /// Our groups by theirs; others are left out.
    #[serde(default)]
    pub groups: BTreeMap<String, String>,
    /// Our groups that everybody is in; in a variable with commas between.
    #[serde(default = "default_everybody", deserialize_with = "kit::config::list")]
    pub everybody: Vec<String>,
    /// The longest life of a token that is believed, in seconds, 1 to 86400.
    #[serde(
        default = "default_life_s",
        deserialize_with = "kit::config::within::<1, 86_400, _, _>"
    )]
    pub life_s: u32,
    /// What its tokens may be signed with; in a variable with commas between.
    #[serde(default = "default_algorithms", deserialize_with = "kit::config::list")]
    pub algorithms: Vec<String>,
}

fn default_groups_claim() -> String {
    "groups".to_owned()
}

fn default_everybody() -> Vec<String> {
    vec!["customer".to_owned()]
}

fn default_life_s() -> u32 {
    MAX_LIFE_S
}

fn default_algorithms() -> Vec<String> {
    vec!["RS256".to_owned()]
}

/// An issuer, checked, and its keys.
pub(crate) struct Issuer {
    /// The exact `iss`.
    pub(crate) name: String,
    pub(crate) keys: Keys,
    audience: Option<String>,
    client_id: Option<String>,
    life_s: i64,
    /// The settings that it was made of; none for the shop's own.
    config: Option<IssuerConfig>,
}

/// What a token says.
#[derive(Deserialize)]
struct Claims {
    /// One string, never a list (RFC 7519 §4.1.1).
    iss: String,
    sub: String,
    exp: i64,
    nbf: Option<i64>,
    aud: Option<OneOrMany>,
    client_id: Option<String>,
    /// Those that each issuer names as it likes.
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// By what the user proved who they are (RFC 8176); nothing where that is written otherwise.
    fn amr(&self) -> Arc<[Arc<str>]> {
        let methods = self.others.get("amr").and_then(Value::as_array);
        let methods = methods.into_iter().flatten().filter_map(Value::as_str);
        methods.map(Arc::from).collect()
    }
}

impl Issuer {
    /// The shop's own service.
    pub(crate) fn own(config: &Config) -> Self {
        let algorithms = vec![Algorithm::EdDSA, Algorithm::ES256];
        Self {
            name: config.issuer.clone(),
            keys: Keys::new(Source::Service(ArcSwapOption::empty()), algorithms),
            audience: Some(config.audience.clone()),
            client_id: Some(config.audience.clone()),
            life_s: MAX_LIFE_S.into(),
            config: None,
        }
    }

    /// Another one, of these settings.
    pub(crate) fn new(name: &str, config: &IssuerConfig) -> Result<Self, BadSetting> {
        let fault = |key: &str, what: &str| BadSetting(format!("issuers.{name}.{key}: {what}"));
        if config.issuer.is_empty() || config.issuer.contains(char::is_control) {
            return Err(fault("issuer", "expected the exact `iss` of its tokens"));
        }
        let url = Outside::url(&config.keys)
            .ok_or_else(|| fault("keys", "expected https://host/path"))?;
        if config.audience.is_none() && config.client_id.is_none() {
            return Err(fault("audience", "expected an `audience` or a `client_id`"));
        }
        let algorithms = config.algorithms.iter().map(|name| match &**name {
            "RS256" => Some(Algorithm::RS256),
            "RS384" => Some(Algorithm::RS384),
            "RS512" => Some(Algorithm::RS512),
            "PS256" => Some(Algorithm::PS256),
            "PS384" => Some(Algorithm::PS384),
            "PS512" => Some(Algorithm::PS512),
            "ES256" => Some(Algorithm::ES256),
            "ES384" => Some(Algorithm::ES384),
            "EdDSA" => Some(Algorithm::EdDSA),
            _ => None,
        });
        let algorithms = algorithms.collect::<Option<Vec<_>>>();
        let algorithms = algorithms.filter(|some| !some.is_empty()).ok_or_else(|| {
            let expected =
                "expected RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA";
            fault("algorithms", expected)
        })?;
        let outside = Outside::new(config.root.as_deref()).map_err(|bad| fault("root", &bad))?;
        Ok(Self {
            name: config.issuer.clone(),
            keys: Keys::new(Source::Url(outside, url), algorithms),
            audience: config.audience.clone(),
            client_id: config.client_id.clone(),
            life_s: config.life_s.into(),
            config: Some(config.clone()),
        })
    }

    /// Whether it is made of these settings.
    pub(crate) fn is_of(&self, config: &IssuerConfig) -> bool {
        self.config.as_ref() == Some(config)
    }

    /// Who the token speaks for, if `key`, which is one of this issuer's, has signed it.
    pub(crate) fn check(
        &self,
        token: &str,
        header: &Header,
        (algorithm, key): &(Algorithm, DecodingKey),
        now: i64,
    ) -> Result<Identity, Refused> {
        // The algorithm is the key's, never the token's own word (RFC 8725 §3.1).
        let mut rules = Validation::new(*algorithm);
        rules.validate_aud = false;
        // By our clock, below.
        rules.validate_exp = false;
        rules.set_required_spec_claims(&["exp", "iss", "sub"]);
        let data = jsonwebtoken::decode::<Claims>(token, key, &rules);
        let claims = data.map_err(|_| invalid())?.claims;
        self.check_end(claims.exp, now)?;
        if claims.nbf.is_some_and(|begin| begin > now + LEEWAY_S) {
            return Err(Refused::Token("It is not valid yet."));
        }
        if claims.iss != self.name {
            return Err(Refused::Token("It comes from another issuer."));
        }
        if !self.is_access_token(header, &claims) {
            return Err(Refused::Token("It is not an access token."));
        }
        let is_for_us = match (&claims.aud, &self.audience) {
            (Some(aud), Some(wanted)) => aud.has(wanted),
            _ => self.client_id.is_some() && claims.client_id == self.client_id,
        };
        if !is_for_us {
            return Err(Refused::Token("It is meant for somebody else."));
        }
        Ok(Identity {
            subject: self.subject(&claims)?,
            groups: self.groups(&claims)?,
            session: session(&claims),
            auth_time: claims.others.get("auth_time").and_then(Value::as_i64),
            amr: claims.amr(),
            until: claims.exp,
            session_policy: None,
        })
    }

    /// Whether a token that ends then is alive, and not for too long.
    pub(crate) fn check_end(&self, end: i64, now: i64) -> Result<(), Refused> {
        let left = end.saturating_sub(now);
        if left < -LEEWAY_S {
            return Err(Refused::Token("It has expired."));
        }
        if left > self.life_s + LEEWAY_S {
            return Err(Refused::Token("It lives too long."));
        }
        Ok(())
    }

    /// An ID token tells an app who signed in, and opens nothing (OpenID Connect Core §3.1.3.6 names what it
    /// alone has).
    fn is_access_token(&self, header: &Header, claims: &Claims) -> bool {
        let Some(config) = &self.config else {
            return true;
        };
        let claim = |name: &str| claims.others.get(name).and_then(Value::as_str);
        let typ = header.typ.as_deref().unwrap_or_default().to_lowercase();
        let is_typ = |wanted: &String| *typ.trim_start_matches("application/") == **wanted;
        claim("at_hash").is_none()
            && config.typ.as_ref().is_none_or(is_typ)
            && (config.token_use.is_none() || config.token_use.as_deref() == claim("token_use"))
    }

    /// Our own name our users; those of others are users by issuer and subject.
    fn subject(&self, claims: &Claims) -> Result<Uuid, Refused> {
        match &self.config {
            None => claims.sub.parse().map_err(|_| invalid()),
            Some(_) if claims.sub.is_empty() => Err(invalid()),
            Some(_) => Ok(user_of(&self.name, &claims.sub)),
        }
    }

    fn groups(&self, claims: &Claims) -> Result<Arc<[Arc<str>]>, Refused> {
        let claim = self.config.as_ref().map(|it| &*it.groups_claim);
        let named = claims.others.get(claim.unwrap_or("groups"));
        let named = named.cloned().unwrap_or_else(|| Value::Array(Vec::new()));
        let named: Vec<Arc<str>> = serde_json::from_value(named).map_err(|_| invalid())?;
        let Some(config) = &self.config else {
            return Ok(named.into());
        };
        let ours = named
            .iter()
            .filter_map(|theirs| config.groups.get(&**theirs));
        let ours = config.everybody.iter().chain(ours);
        Ok(ours.map(|group| Arc::from(&**group)).collect())
    }
}

impl OneOrMany {
    fn has(&self, wanted: &str) -> bool {
        match self {
            Self::One(audience) => audience == wanted,
            Self::Many(audiences) => audiences.iter().any(|audience| audience == wanted),
        }
    }
}

pub(crate) fn invalid() -> Refused {
    Refused::Token("Its signature or its claims are not valid.")
}

/// The session that a token belongs to (OpenID Connect Back-Channel Logout §2.1), where we know such ids.
fn session(claims: &Claims) -> Option<Uuid> {
    claims.others.get("sid")?.as_str()?.parse().ok()
}
