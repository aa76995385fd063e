//! `POST /aws`: temporary credentials for an access token, in the shapes of AWS, so that the credential
//! providers of its SDKs work with `http://localhost:8080/aws` as their endpoint. `sts` has the query
//! protocol of STS, `cognito` the JSON of Cognito identities.

mod cognito;
mod sts;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use http::HeaderName;

use crate::{call::Identity, credentials::Sessions, issuers::Issuers, keys::Refused};

/// Which operation of a JSON protocol is meant.
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// What exchanges access tokens.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) issuers: Arc<Issuers>,
    pub(crate) sessions: Arc<Sessions>,
}

/// Why an access token is not exchanged.
enum Fault {
    /// It is not a good one.
    Token(&'static str),
    /// It cannot be verified now.
    NoKeys,
}

/// Exchanges an access token for temporary credentials, as `AssumeRoleWithWebIdentity` of STS and as `GetId`
/// and `GetCredentialsForIdentity` of Cognito.
#[utoipa::path(
    post,
    path = "/aws",
    tag = "credentials",
    request_body(content(
        (serde_json::Value = "application/x-www-form-urlencoded"),
        (serde_json::Value = "application/x-amz-json-1.1"),
    )),
    responses(
        (status = 200, description = "As AWS answers", content(
            (String = "text/xml"),
            (serde_json::Value = "application/x-amz-json-1.1"),
        )),
        (status = 400, description = "As AWS refuses", content(
            (String = "text/xml"),
            (serde_json::Value = "application/x-amz-json-1.1"),
        )),
    ),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 1, "burst": 20 }, "compress": false }))),
)]
pub(crate) async fn exchange_token(State(exchange): State<Exchange>, request: Request) -> Response {
    match request.headers().contains_key(TARGET) {
        true => cognito::answer(&exchange, request).await,
        false => sts::answer(&exchange, request).await,
    }
}

impl Exchange {
    async fn identity(&self, token: &str) -> Result<Identity, Fault> {
        self.issuers
            .verify(token)
            .await
            .map_err(|refused| match refused {
                Refused::Token(detail) => Fault::Token(detail),
                Refused::NoKeys(cause) => {
                    tracing::warn!(%cause, "an access token cannot be verified");
                    Fault::NoKeys
                }
            })
    }
}
