//! What a provider says of itself (OpenID Connect Discovery §3).

use http::Uri;
use kit::tls::Outside;
use serde::Deserialize;

use super::{Fault, Provider};

/// What is needed of it, checked.
pub(super) struct Metadata {
    pub(super) authorization: Uri,
    pub(super) token: Uri,
    pub(super) keys: Uri,
    pub(super) userinfo: Option<Uri>,
    /// Whether the client's secret goes in the body; else in a header.
    pub(super) secret_in_body: bool,
    /// Whether each answer by the browser says whose it is (RFC 9207).
    pub(super) names_itself: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// What this provider says now.
    pub(super) async fn of(provider: &Provider) -> Result<Self, Fault> {
        let issuer = provider.issuer.trim_end_matches('/');
        let url = format!("{issuer}/.well-known/openid-configuration").parse()?;
        let document = provider.get(&url).await?;
        Self::read(&document, &provider.issuer)
    }

    fn read(document: &[u8], issuer: &str) -> Result<Self, Fault> {
        let it: Document = serde_json::from_slice(document)?;
        if it.issuer != issuer {
            return Err("it says that it is another issuer".into());
        }
        let is_https = issuer.starts_with("https:");
        // One that is elsewhere has no say about servers of this machine.
        let url = |url: &str| -> Result<Uri, Fault> {
            let url = Outside::url(url).filter(|it| it.scheme_str() == Some("https") || !is_https);
            url.ok_or_else(|| "one of its addresses is not https://host/path".into())
        };
        let methods = it.token_endpoint_auth_methods_supported;
        // RFC 8414 §2: where it says nothing, it takes the header.
        let takes = |method: &str| {
            let methods = methods.as_ref();
            methods.is_some_and(|all| all.iter().any(|one| one == method))
        };
        Ok(Self {
            authorization: url(&it.authorization_endpoint)?,
            token: url(&it.token_endpoint)?,
            keys: url(&it.jwks_uri)?,
            userinfo: it.userinfo_endpoint.as_deref().map(url).transpose()?,
            secret_in_body: takes("client_secret_post") && !takes("client_secret_basic"),
            names_itself: it.authorization_response_iss_parameter_supported,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(changes: &[(&str, Value)]) -> Result<Metadata, Fault> {
        let mut document = json!({
            "issuer": "https://id.example",
            "authorization_endpoint": "https://id.example/auth",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://keys.example/jwks",
        });
        for (name, value) in changes {
            document[name] = value.clone();
        }
        Metadata::read(document.to_string().as_bytes(), "https://id.example")
    }

    #[test]
    fn addresses_are_by_https_and_of_this_issuer() {
        assert!(read(&[]).is_ok());
        for (name, value) in [
            ("issuer", "https://id.example/"),
            ("issuer", "https://evil.example"),
            ("authorization_endpoint", "javascript:alert(1)"),
            ("token_endpoint", "http://localhost:9080/metrics"),
            ("jwks_uri", "/jwks"),
            ("userinfo_endpoint", "http://id.example/me"),
        ] {
            assert!(read(&[(name, value.into())]).is_err(), "{name}: {value}");
        }
    }

    #[test]
    fn the_secret_goes_where_the_provider_takes_it() {
        for (methods, in_body) in [
            (Value::Null, false),
            (json!(["client_secret_basic", "client_secret_post"]), false),
            (json!(["client_secret_post"]), true),
            (json!(["private_key_jwt"]), false),
        ] {
            let name = "token_endpoint_auth_methods_supported";
            let metadata = read(&[(name, methods.clone())]).unwrap();
            assert_eq!(metadata.secret_in_body, in_body, "{methods}");
        }
    }
}
