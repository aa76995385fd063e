//! What an ID token must say to be believed (OpenID Connect Core §3.1.3.7), and whom it names.

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::{Deserialize, Deserializer};

use super::Fault;
use crate::user::{Email, Name};

/// How many seconds the provider's clock and ours may be apart.
pub(crate) const LEEWAY_S: i64 = 60;

/// Whom a provider vouches for.
#[derive(Debug)]
pub(crate) struct Identity {
    /// What it calls them for ever.
    pub(crate) subject: String,
    /// Their e-mail address, where it has seen that it is theirs.
    pub(crate) email: Option<Email>,
    /// Their name, if it has one that we take.
    pub(crate) name: Option<Name>,
    /// When they last proved there who they are, in seconds.
    pub(crate) auth_time: Option<i64>,
}

/// What a token has to say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: i64,
}

/// What is read of an ID token, and of what the provider tells beside it.
#[derive(Deserialize)]
pub(super) struct Claims {
    sub: String,
    iss: Option<String>,
    aud: Option<OneOrMany>,
    azp: Option<String>,
    exp: Option<i64>,
    iat: Option<i64>,
    nonce: Option<String>,
    auth_time: Option<i64>,
    pub(super) email: Option<String>,
    #[serde(default, deserialize_with = "yes")]
    email_verified: bool,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// Those of this token, if the key has signed it and it is for us and this way.
    pub(super) fn verified(
        token: &str,
        header: &Header,
        (algorithm, key): &(Algorithm, DecodingKey),
        expected: &Expected<'_>,
    ) -> Result<Self, Fault> {
        if header.crit.is_some() {
            return Err("it needs an extension that is not understood here".into());
        }
        // The algorithm is the key's, never the token's own word (RFC 8725 §3.1). Times are by our clock, below.
        let mut rules = Validation::new(*algorithm);
        rules.validate_aud = false;
        rules.validate_exp = false;
        rules.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
        let claims = jsonwebtoken::decode::<Self>(token, key, &rules)?.claims;
        claims.check(expected)?;
        Ok(claims)
    }

    fn check(&self, expected: &Expected<'_>) -> Result<(), Fault> {
        let must = |is_so: bool, fault: &'static str| is_so.then_some(()).ok_or(fault);
        must(
            self.iss.as_deref() == Some(expected.issuer),
            "it is another issuer's",
        )?;
        let ours = expected.client_id;
        let (is_ours, is_alone) = match &self.aud {
            Some(OneOrMany::One(aud)) => (aud == ours, true),
            Some(OneOrMany::Many(all)) => (all.iter().any(|aud| aud == ours), all.len() == 1),
            None => (false, false),
        };
        let by = self.azp.as_deref();
        must(is_ours, "it is for another client")?;
        must(
            by.map_or(is_alone, |by| by == ours),
            "it was made for another client",
        )?;
        must(
            self.nonce.as_deref() == Some(expected.nonce),
            "it is of another way",
        )?;
        let end = self.exp.unwrap_or(i64::MIN);
        must(
            end > expected.now.saturating_sub(LEEWAY_S),
            "it has expired, or a clock is wrong",
        )?;
        let made = self.iat.ok_or("it does not say when it was made")?;
        must(
            made <= expected.now + LEEWAY_S,
            "it is from the future, or a clock is wrong",
        )?;
        let is_subject = !self.sub.is_empty() && self.sub.len() <= 255;
        Ok(must(is_subject, "its subject is none")?)
    }

    /// The same person, with an address and a name that were told beside the token.
    pub(super) fn with(self, more: Self) -> Self {
        // OpenID Connect Core §5.3.2: somebody else's are not for this one.
        if more.sub != self.sub {
            return self;
        }
        Self {
            email: more.email,
            email_verified: more.email_verified,
            name: self.name.or(more.name),
            ..self
        }
    }
}

impl From<Claims> for Identity {
    fn from(claims: Claims) -> Self {
        let email = claims.email.filter(|_| claims.email_verified);
        Self {
            subject: claims.sub,
            email: email.and_then(|it| Email::parse(&it).ok()),
            name: claims.name.and_then(|it| Name::parse(&it).ok()),
            auth_time: claims.auth_time,
        }
    }
}

/// True for `true`, and for `"true"`, as some providers write it; false for all else.
fn yes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let said = serde_json::Value::deserialize(deserializer)?;
    Ok(said == true || said == "true")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn claims(changes: Value) -> Claims {
        let mut claims = json!({
            "iss": "https://id.example", "sub": "rose", "aud": "terrace", "nonce": "n",
            "exp": 1300, "iat": 1000,
        });
        let members = claims.as_object_mut().unwrap();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => members.remove(name),
                value => members.insert(name.clone(), value.clone()),
            };
        }
        serde_json::from_value(claims).unwrap()
    }

    fn is_believed(changes: Value) -> bool {
        let expected = Expected {
            issuer: "https://id.example",
            client_id: "terrace",
            nonce: "n",
            now: 1000,
        };
        claims(changes).check(&expected).is_ok()
    }

    #[test]
    fn a_token_is_for_us_and_of_this_way_and_of_now() {
        for good in [
            json!({}),
            json!({ "aud": ["terrace"] }),
            json!({ "aud": ["other", "terrace"], "azp": "terrace" }),
            json!({ "azp": "terrace" }),
            json!({ "exp": 941 }),
            json!({ "iat": 1060 }),
        ] {
            assert!(is_believed(good.clone()), "{good}");
        }
        for bad in [
            json!({ "iss": "https://id.example/" }),
            json!({ "iss": null }),
            json!({ "aud": "other" }),
            json!({ "aud": null }),
            json!({ "aud": [] }),
            json!({ "aud": ["terrace", "other"] }),
            json!({ "aud": ["terrace", "other"], "azp": "other" }),
            json!({ "azp": "other" }),
            json!({ "nonce": "m" }),
            json!({ "nonce": null }),
            json!({ "exp": 940 }),
            json!({ "exp": null }),
            json!({ "iat": 1061 }),
            json!({ "iat": null }),
            json!({ "sub": "" }),
            json!({ "sub": "s".repeat(256) }),
        ] {
            assert!(!is_believed(bad.clone()), "{bad}");
        }
    }

    #[test]
    fn an_address_counts_where_the_provider_vouches_for_it() {
        for (verified, counts) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(false), false),
            (json!("yes"), false),
            (json!(1), false),
            (Value::Null, false),
        ] {
            let told = json!({ "email": "Rose@Garden.Example", "email_verified": verified });
            let email = Identity::from(claims(told)).email;
            assert_eq!(email.is_some(), counts, "{verified}");
        }
        let nonsense = json!({ "email": "rose", "email_verified": true, "name": "\u{202e}" });
        let identity = Identity::from(claims(nonsense));
        assert!(identity.email.is_none() && identity.name.is_none());
    }

    #[test]
    fn what_is_told_of_somebody_else_is_left_out() {
        let told = |sub: &str| {
            claims(json!({ "sub": sub, "email": "a@b.example", "email_verified": true }))
        };

        assert!(
            Identity::from(claims(json!({})).with(told("rose")))
                .email
                .is_some()
        );
        assert!(
            Identity::from(claims(json!({})).with(told("lily")))
                .email
                .is_none()
        );
    }
}
