//! The code that a browser brings, exchanged for who its owner is (OpenID Connect Core §3.1.3).

use axum::body::Body;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Request, StatusCode, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Browser, Fault, Flow, Identity, Provider,
    flow::{encoded, form},
    id_token::{Claims, Expected},
    metadata::Metadata,
};
use crate::Error;

/// What is read of the tokens. It shows nothing in logs.
#[derive(Deserialize)]
pub(crate) struct Tokens {
    pub(crate) id_token: String,
    pub(crate) access_token: Option<SecretString>,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) expires_in: Option<i64>,
}

/// Why there are none (RFC 6749 §5.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Provider {
    /// Whose code this is, and what the provider gives for it. [`Error::ProviderRefused`] where the code is not good, or what comes for it is not to be
    /// believed; [`Error::ProviderFailed`] where the provider does not answer as it should. `says_it_is` is the
    /// issuer that the browser's answer names.
    pub(crate) async fn identify(
        &self,
        flow: &Flow,
        browser: &Browser,
        code: &SecretString,
        says_it_is: Option<&str>,
        now: Timestamp,
    ) -> Result<(Identity, Tokens), Error> {
        let metadata = self.metadata().await.map_err(|it| self.failed(it))?;
        // RFC 9207 §2.4: the answer of another provider is not for this one.
        let is_this = says_it_is.map_or(!metadata.names_itself, |it| it == self.issuer);
        if !is_this {
            return Err(self.refused("the answer comes from another issuer".into()));
        }
        let verifier = browser.verifier(&flow.nonce);
        let tokens = self.exchange(&metadata, code, &verifier).await?;
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.client_id,
            nonce: &flow.nonce,
            now: now.as_second(),
        };
        let claims = self.verify(&metadata, &tokens.id_token, &expected).await?;
        let claims = match (&metadata.userinfo, &tokens.access_token) {
            (Some(url), Some(token)) if claims.email.is_none() => {
                let more = self.userinfo(url, token).await;
                claims.with(more.map_err(|it| self.failed(it))?)
            }
            _ => claims,
        };
        Ok((claims.into(), tokens))
    }

    async fn exchange(
        &self,
        metadata: &Metadata,
        code: &SecretString,
        verifier: &str,
    ) -> Result<Tokens, Error> {
        let mut body = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", &self.redirect),
            ("code_verifier", verifier),
        ];
        let mut request = Request::post(&metadata.token)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json");
        match &self.client_secret {
            Some(secret) if !metadata.secret_in_body => {
                let secret = encoded(secret.expose_secret());
                let pair = STANDARD.encode(format!("{}:{secret}", encoded(&self.client_id)));
                request = request.header(header::AUTHORIZATION, format!("Basic {pair}"));
            }
            Some(secret) => body.extend([
                ("client_id", &*self.client_id),
                ("client_secret", secret.expose_secret()),
            ]),
            None => body.push(("client_id", &self.client_id)),
        }
        let request = request.body(Body::from(form(&body)));
        let request = request.map_err(|fault| self.failed(fault.into()))?;
        let answer = self.call(request).await.map_err(|it| self.failed(it))?;
        let (status, body) = (answer.status(), answer.into_body());
        if status == StatusCode::BAD_REQUEST
            && let Ok(refusal) = serde_json::from_slice::<Refusal>(&body)
            && refusal.error == "invalid_grant"
        {
            return Err(self.refused("the code is not good, or was used before".into()));
        }
        if !status.is_success() {
            return Err(self.failed(format!("the code's exchange answered {status}").into()));
        }
        serde_json::from_slice(&body).map_err(|fault| self.failed(fault.into()))
    }

    /// What an ID token says, if it is to be believed. Its key may be newer than those that are known.
    async fn verify(
        &self,
        metadata: &Metadata,
        token: &str,
        expected: &Expected<'_>,
    ) -> Result<Claims, Error> {
        let header = jsonwebtoken::decode_header(token);
        let header = header.map_err(|fault| self.refused(fault.into()))?;
        let keys = self.keys.get(self.fetch_keys(&metadata.keys)).await;
        let mut keys = keys.map_err(|it| self.failed(it))?;
        // One without an id is by the only key that there is.
        let id = header.kid.clone().or_else(|| {
            let mut ids = keys.keys();
            ids.next().filter(|_| ids.next().is_none()).cloned()
        });
        let id = id.ok_or_else(|| self.refused("it does not name its key".into()))?;
        if !keys.contains_key(&id) {
            let newer = self.keys.newer(&keys, self.fetch_keys(&metadata.keys));
            keys = newer.await.map_err(|it| self.failed(it))?;
        }
        let key = keys.get(&id);
        let key = key.ok_or_else(|| self.refused("its key is not one of the issuer's".into()))?;
        Claims::verified(token, &header, key, expected).map_err(|it| self.refused(it))
    }

    /// What some providers tell here alone (OpenID Connect Core §5.3, §5.4).
    async fn userinfo(&self, url: &http::Uri, token: &SecretString) -> Result<Claims, Fault> {
        let bearer = format!("Bearer {}", token.expose_secret());
        let request = Request::get(url)
            .header(header::AUTHORIZATION, bearer)
            .header(header::ACCEPT, "application/json");
        let answer = self.call(request.body(Body::empty())?).await?;
        match answer.status().is_success() {
            true => read(answer.body()),
            false => Err(format!("{url} answered {}", answer.status()).into()),
        }
    }

    /// It does not answer as it should.
    pub(crate) fn failed(&self, fault: Fault) -> Error {
        Error::ProviderFailed(format!("provider {}: {fault}", self.name).into())
    }

    /// What it says, or who brings it, is not believed.
    fn refused(&self, fault: Fault) -> Error {
        Error::ProviderRefused(format!("provider {}: {fault}", self.name).into())
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    Ok(serde_json::from_slice(body)?)
}
