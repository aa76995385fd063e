//! `GetId` and `GetCredentialsForIdentity` of Cognito identities, JSON 1.1. Which pool is asked for does not
//! matter: there is one, the shop's users.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Exchange, Fault, TARGET};
use crate::error::ERROR_TYPE;

const JSON: &str = "application/x-amz-json-1.1";

/// What is asked for, by the names of Cognito.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted {
    identity_id: Option<String>,
    /// A token by its issuer.
    #[serde(default)]
    logins: BTreeMap<String, String>,
}

/// An error's name and its message.
type Refusal = (&'static str, &'static str);

pub(super) async fn answer(exchange: &Exchange, request: Request) -> Response {
    let target = request.headers().get(TARGET).cloned();
    let target = target.as_ref().and_then(|target| target.to_str().ok());
    let body = Bytes::from_request(request, &()).await.unwrap_or_default();
    match act(exchange, target.unwrap_or_default(), &body).await {
        Ok(answer) => ([(header::CONTENT_TYPE, JSON)], answer.to_string()).into_response(),
        Err((name, message)) => {
            let refusal = json!({ "__type": name, "message": message }).to_string();
            let headers = [(header::CONTENT_TYPE, JSON), (ERROR_TYPE, name)];
            (StatusCode::BAD_REQUEST, headers, refusal).into_response()
        }
    }
}

async fn act(exchange: &Exchange, target: &str, body: &[u8]) -> Result<Value, Refusal> {
    let wants_credentials = match target {
        "AWSCognitoIdentityService.GetId" => false,
        "AWSCognitoIdentityService.GetCredentialsForIdentity" => true,
        _ => {
            return Err((
                "UnknownOperationException",
                "There are GetId and GetCredentialsForIdentity.",
            ));
        }
    };
    let wanted: Wanted = serde_json::from_slice(body).map_err(|_| {
        (
            "SerializationException",
            "The body is not what this operation reads.",
        )
    })?;
    let [token] = wanted.logins.values().collect::<Vec<_>>()[..] else {
        return Err(("NotAuthorizedException", "Logins has one access token."));
    };
    let identity = exchange
        .identity(token)
        .await
        .map_err(|fault| match fault {
            Fault::Token(detail) => ("NotAuthorizedException", detail),
            Fault::NoKeys => (
                "ExternalServiceException",
                "The token cannot be verified now. Try again.",
            ),
        })?;
    // As Cognito's: a region and an UUID.
    let id = format!("local:{}", identity.subject);
    if !wants_credentials {
        return Ok(json!({ "IdentityId": id }));
    }
    if wanted.identity_id.as_ref() != Some(&id) {
        return Err((
            "NotAuthorizedException",
            "IdentityId is not the one of this token.",
        ));
    }
    let issued = exchange.sessions.issue(&identity, None, None);
    Ok(json!({
        "IdentityId": id,
        "Credentials": {
            "AccessKeyId": issued.access_key_id,
            "SecretKey": issued.secret_access_key,
            "SessionToken": issued.session_token,
            "Expiration": issued.expires_at.as_second(),
        },
    }))
}
