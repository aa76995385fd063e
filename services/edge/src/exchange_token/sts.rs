//! `AssumeRoleWithWebIdentity` of STS: a form comes, XML goes. Which role is asked for does not matter: what a
//! caller may do comes from the access token's groups.

use axum::{
    Form,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use jiff::SignedDuration;
use kit::telemetry::REQUEST_ID;
use serde::Deserialize;

use super::{Exchange, Fault};
use crate::{create_credentials::check_policy, error::ERROR_TYPE};

/// How long credentials may be asked for, in seconds.
const DURATIONS: std::ops::RangeInclusive<i64> = 900..=43_200;

/// What is asked for, by the names of STS.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted {
    action: String,
    web_identity_token: Option<String>,
    duration_seconds: Option<i64>,
    policy: Option<String>,
}

/// An error's code and its message.
type Refusal = (&'static str, &'static str);

pub(super) async fn answer(exchange: &Exchange, request: Request) -> Response {
    let id = request_id(request.headers());
    let answer = match Form::<Wanted>::from_request(request, &()).await {
        Ok(Form(wanted)) => assume(exchange, wanted, &id).await,
        Err(_) => Err((
            "MalformedInput",
            "Send the parameters of AssumeRoleWithWebIdentity as a form.",
        )),
    };
    match answer {
        Ok(document) => xml(StatusCode::OK, document).into_response(),
        Err((code, message)) => {
            let refusal = xml(StatusCode::BAD_REQUEST, error_document(code, message, &id));
            ([(ERROR_TYPE, code)], refusal).into_response()
        }
    }
}

async fn assume(exchange: &Exchange, wanted: Wanted, id: &str) -> Result<String, Refusal> {
    if wanted.action != "AssumeRoleWithWebIdentity" {
        return Err((
            "InvalidAction",
            "The only action is AssumeRoleWithWebIdentity.",
        ));
    }
    let token = wanted.web_identity_token;
    let token = token.ok_or(("MissingParameter", "WebIdentityToken is an access token."))?;
    let life = wanted.duration_seconds;
    if life.is_some_and(|life| !DURATIONS.contains(&life)) {
        return Err((
            "ValidationError",
            "DurationSeconds is a number from 900 to 43200.",
        ));
    }
    let policy = wanted.policy.map(check_policy).transpose();
    let policy = policy.map_err(|_| {
        (
            "ValidationError",
            "Policy is one in IAM's language, of 1 to 2048 characters.",
        )
    })?;
    let identity = exchange
        .identity(&token)
        .await
        .map_err(|fault| match fault {
            Fault::Token(detail) => ("InvalidIdentityToken", detail),
            Fault::NoKeys => (
                "IDPCommunicationError",
                "The token cannot be verified now. Try again.",
            ),
        })?;
    let issued = exchange
        .sessions
        .issue(&identity, life.map(SignedDuration::from_secs), policy);
    // Nothing in it needs escaping: letters, digits, and the signs of Base64 and of times.
    Ok(format!(
        "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <AssumeRoleWithWebIdentityResult>\
         <SubjectFromWebIdentityToken>{}</SubjectFromWebIdentityToken>\
         <Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>\
         <SessionToken>{}</SessionToken><Expiration>{}</Expiration></Credentials>\
         </AssumeRoleWithWebIdentityResult>\
         <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata>\
         </AssumeRoleWithWebIdentityResponse>",
        identity.subject,
        issued.access_key_id,
        issued.secret_access_key,
        issued.session_token,
        issued.expires_at,
    ))
}

fn error_document(code: &str, message: &str, id: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
    )
}

fn xml(status: StatusCode, document: String) -> impl IntoResponse {
    (status, [(header::CONTENT_TYPE, "text/xml")], document)
}

/// The edge has made it of letters, digits and hyphens.
fn request_id(headers: &HeaderMap) -> String {
    let id = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    id.unwrap_or_default().to_owned()
}
