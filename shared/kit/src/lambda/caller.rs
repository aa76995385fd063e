//! Who calls by API Gateway, from the event's context alone: the claims of a Cognito authoriser, or the identity
//! of who signed the request. What a header says is nobody's word.

use std::sync::Arc;

use http::{HeaderValue, header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    FunctionConfig,
    settings::{MANAGER, STAFF},
};
use crate::{
    http::{Problem, kinds},
    identity::{Caller, user_of},
};

/// Who stands in front of the services.
const FRONT: &str = "edge";

/// The group that everybody with an account is in.
const CUSTOMER: &str = "customer";

/// What API Gateway says of a request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Context {
    pub(super) request_id: Option<String>,
    pub(super) domain_name: Option<String>,
    #[serde(default)]
    pub(super) identity: Identity,
    authorizer: Option<Authorizer>,
}

/// Where a request came from, and who signed it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity {
    pub(super) source_ip: Option<String>,
    cognito_authentication_type: Option<String>,
    cognito_authentication_provider: Option<String>,
    user_arn: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Authorizer {
    claims: Option<Map<String, Value>>,
}

/// The caller of a request with this context.
pub(super) fn of(context: &Context, settings: &FunctionConfig) -> Result<Caller, Problem> {
    let claims = context
        .authorizer
        .as_ref()
        .and_then(|it| it.claims.as_ref());
    match claims {
        Some(claims) => of_claims(claims, settings),
        None => Ok(of_identity(&context.identity, settings)),
    }
}

/// API Gateway has verified the token of any app of the pool, and for some operations ID tokens too.
fn of_claims(claims: &Map<String, Value>, settings: &FunctionConfig) -> Result<Caller, Problem> {
    if settings.issuer.is_empty() {
        let cause = "an authoriser is there, and FUNCTION__ISSUER is not set";
        return Err(Problem::internal().because(cause));
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let subject = text("sub");
    let is_of_app = settings
        .clients
        .iter()
        .any(|client| client == text("client_id"));
    if text("iss") != settings.issuer
        || text("token_use") != "access"
        || subject.is_empty()
        || !is_of_app
    {
        return Err(invalid_token());
    }
    let own = groups(claims.get("cognito:groups"));
    let known = [STAFF, MANAGER].into_iter();
    let known = known.filter(|group| own.iter().any(|own| own == group));
    Ok(Caller {
        subject: Some(user_of(&settings.issuer, subject)),
        groups: with_customer(known),
        auth_time: number(claims.get("auth_time")),
        ..nobody()
    })
}

/// Groups as API Gateway hands them on: `staff,manager`, `[staff manager]`, or a list.
fn groups(claim: Option<&Value>) -> Vec<&str> {
    let split: fn(&str) -> Vec<&str> =
        |text| match text.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            Some(list) => list.split(' ').collect(),
            None => text.split(',').map(str::trim).collect(),
        };
    match claim {
        Some(Value::String(text)) => split(text),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A number, which API Gateway writes as text.
fn number(claim: Option<&Value>) -> Option<i64> {
    let claim = claim?;
    claim.as_i64().or_else(|| claim.as_str()?.parse().ok())
}

/// IAM has let them in. The credentials of an identity pool say whose they are:
/// `<provider>,<provider>:CognitoSignIn:<sub>`. Others sign for no account.
fn of_identity(identity: &Identity, settings: &FunctionConfig) -> Caller {
    let provider = identity.cognito_authentication_provider.as_deref();
    let is_known = identity.cognito_authentication_type.as_deref() == Some("authenticated");
    let subject = provider.filter(|_| is_known).and_then(|provider| {
        let (provider, signed_in) = provider.split_once(',')?;
        let subject = signed_in
            .strip_prefix(provider)?
            .strip_prefix(":CognitoSignIn:")?;
        let is_ours = settings.issuer.strip_prefix("https://") == Some(provider);
        (is_ours && !subject.is_empty()).then_some(subject)
    });
    let Some(subject) = subject else {
        return nobody();
    };
    let role = identity.user_arn.as_deref().unwrap_or_default();
    Caller {
        subject: Some(user_of(&settings.issuer, subject)),
        groups: with_customer(settings.groups_of_session(role).into_iter()),
        ..nobody()
    }
}

fn nobody() -> Caller {
    Caller {
        issuer: FRONT.into(),
        ..Caller::default()
    }
}

fn with_customer(groups: impl Iterator<Item = &'static str>) -> Arc<[Arc<str>]> {
    [CUSTOMER]
        .into_iter()
        .chain(groups)
        .map(Arc::from)
        .collect()
}

fn invalid_token() -> Problem {
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
    let problem = kinds::SIGN_IN_REQUIRED.problem();
    let problem = problem.detail("The access token is not one of this shop.");
    problem.header(header::WWW_AUTHENTICATE, challenge)
}
