//! `POST /v1/me/credentials`: temporary credentials for who is signed in, to sign requests with.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use http::StatusCode;
use jiff::Timestamp;
use kit::http::{Faults, Parse, Problem, ValidJson};
use policy::Policy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    call::Identity,
    credentials::{Issued, Sessions},
    error::session_policy,
};

/// The longest session policy, in characters, at AWS as well.
const MAX_POLICY: usize = 2048;

/// What the credentials are for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCredentials {
    /// A policy that allows less than the caller may do, 1 to 2048 characters. It is sealed in the session token.
    #[schema(min_length = 1, max_length = 2048)]
    session_policy: Option<String>,
}

/// Temporary credentials. The edge keeps no copy.
#[derive(Serialize, ToSchema)]
pub(crate) struct TemporaryCredentials {
    #[schema(pattern = "^ASIA[A-Z2-7]{16}$", example = "ASIATERRACEEXAMPLE23")]
    access_key_id: String,
    #[schema(example = "a-secret-of-an-example-only")]
    secret_access_key: String,
    /// Goes along with every request, as `X-Amz-Security-Token`.
    #[schema(example = "sealed-for-the-edge-alone")]
    session_token: String,
    /// An hour from now, or when the caller's own token ends if that is sooner.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "kit::http::milliseconds")]
    expires_at: Timestamp,
}

/// Makes temporary credentials, to sign requests with as AWS Signature Version 4 says.
#[utoipa::path(
    post,
    path = "/v1/me/credentials",
    tag = "credentials",
    security(("bearer" = [])),
    request_body = Option<CreateCredentials>,
    responses((status = 201, description = "The credentials", body = TemporaryCredentials)),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 1, "burst": 20 }, "compress": false }))),
)]
pub(crate) async fn create_credentials(
    State(sessions): State<Arc<Sessions>>,
    Extension(caller): Extension<Identity>,
    wanted: Option<ValidJson<CreateCredentials>>,
) -> Result<(StatusCode, Json<TemporaryCredentials>), Problem> {
    let policy = wanted.and_then(|ValidJson(policy)| policy);
    if policy.is_some() && caller.session_policy.is_some() {
        // A token carries one; to leave out either would allow more than was asked for.
        return Err(session_policy());
    }
    let issued = sessions.issue(&caller, None, policy);
    Ok((StatusCode::CREATED, Json(issued.into())))
}

impl Parse for CreateCredentials {
    type Valid = Option<Arc<str>>;

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        let policy = self.session_policy.map(check_policy).transpose();
        faults.field("/session_policy", policy)
    }
}

/// A session policy that can be decided by, of a length that a session token can carry.
pub(crate) fn check_policy(policy: String) -> Result<Arc<str>, &'static str> {
    match policy.chars().count() {
        1..=MAX_POLICY if Policy::parse("session", &policy).is_ok() => Ok(policy.into()),
        _ => Err("is a policy in IAM's language of 1 to 2048 characters"),
    }
}

impl From<Issued> for TemporaryCredentials {
    fn from(issued: Issued) -> Self {
        Self {
            access_key_id: issued.access_key_id,
            secret_access_key: issued.secret_access_key,
            session_token: issued.session_token,
            expires_at: issued.expires_at,
        }
    }
}
