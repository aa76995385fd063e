//! What API Gateway answers by itself, as problems of ours (docs/problems.md): its gateway responses, by the
//! types in docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html.

use serde_json::{Map, Value, json};

use super::gateway::{Callers, origin};

/// A type of API Gateway's, and the problem that it is here.
struct Answer(&'static str, u16, &'static str, &'static str);

/// `REQUEST_TOO_LARGE` is not among them: it cannot be changed
/// (docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html).
#[rustfmt::skip]
const ANSWERS: [Answer; 19] = [
    Answer("ACCESS_DENIED", 403, "forbidden", "This caller may not do this"),
    Answer("API_CONFIGURATION_ERROR", 500, "internal", "Something went wrong on our side"),
    Answer("AUTHORIZER_CONFIGURATION_ERROR", 500, "internal", "Something went wrong on our side"),
    Answer("AUTHORIZER_FAILURE", 500, "internal", "Something went wrong on our side"),
    Answer("BAD_REQUEST_BODY", 422, "invalid-body", "The body breaks a rule"),
    Answer("BAD_REQUEST_PARAMETERS", 400, "bad-parameter", "A parameter is not valid"),
    Answer("DEFAULT_4XX", 400, "bad-request", "The request could not be read"),
    Answer("DEFAULT_5XX", 500, "internal", "Something went wrong on our side"),
    Answer("EXPIRED_TOKEN", 403, "expired-token", "These credentials have expired"),
    Answer("INTEGRATION_FAILURE", 502, "bad-gateway", "A part of the shop answered wrongly"),
    Answer("INTEGRATION_TIMEOUT", 504, "timeout", "A part of the shop took too long"),
    Answer("INVALID_API_KEY", 403, "forbidden", "This caller may not do this"),
    Answer("INVALID_SIGNATURE", 403, "invalid-signature", "This signature is not accepted"),
    Answer("QUOTA_EXCEEDED", 429, "quota-exceeded", "The day's quota is used up"),
    Answer("RESOURCE_NOT_FOUND", 404, "not-found", "There is nothing here"),
    Answer("THROTTLED", 429, "too-many-requests", "Slow down a little"),
    Answer("UNAUTHORIZED", 401, "invalid-token", "This access token is not accepted"),
    Answer("UNSUPPORTED_MEDIA_TYPE", 415, "unsupported-media-type", "This media type is not understood here"),
    Answer("WAF_FILTERED", 403, "forbidden", "This caller may not do this"),
];

/// It is what a path is answered with that does not exist, and a request without a signature where one is needed.
const MISSING: &str = "MISSING_AUTHENTICATION_TOKEN";

pub(super) fn all(callers: Callers) -> Value {
    let missing = match callers {
        Callers::People => Answer(MISSING, 404, "not-found", "There is nothing here"),
        Callers::Programs => Answer(
            MISSING,
            403,
            "missing-authentication-token",
            "The session token is missing",
        ),
    };
    let all = ANSWERS.iter().chain([&missing]);
    let all: Map<_, _> = all
        .map(|answer| (answer.0.to_owned(), answer.response()))
        .collect();
    all.into()
}

impl Answer {
    fn response(&self) -> Value {
        let Self(_, status, slug, title) = self;
        let body = format!(
            "{{\"type\":\"/problems/{slug}\",\"title\":\"{title}\",\"status\":{status},\"instance\":\"$context.requestId\"}}"
        );
        json!({
            "statusCode": status.to_string(),
            "responseParameters": {
                "gatewayresponse.header.Content-Type": "'application/problem+json'",
                "gatewayresponse.header.Access-Control-Allow-Origin": origin(),
                "gatewayresponse.header.Access-Control-Allow-Credentials": "'true'",
            },
            // The key is what a request accepts, and API Gateway takes this one for all.
            "responseTemplates": { "application/json": body },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::run::root;

    #[test]
    fn every_answer_is_a_kind_of_problem_as_the_shop_has_it() {
        let sources = ["shared/kit/src/http/kinds.rs", "services/edge/src/error.rs"];
        let known = sources.map(|file| fs::read_to_string(root().join(file)).expect("it is there"));
        // A long one stands on several lines.
        let known: String = known.concat().split_whitespace().collect();

        for callers in [Callers::People, Callers::Programs] {
            for (name, answer) in all(callers).as_object().expect("an object") {
                let body = answer["responseTemplates"]["application/json"].as_str();
                let problem: Value = serde_json::from_str(body.expect("text")).expect("JSON");

                let slug = problem["type"].as_str().expect("text");
                let slug = slug.trim_start_matches("/problems/");
                let (status, title) = (&problem["status"], &problem["title"]);
                let kind = format!("Kind::new({status},\"{slug}\",{title}");
                let kind: String = kind.split_whitespace().collect();
                assert!(known.contains(&kind), "{name}: {kind}");
                assert_eq!(answer["statusCode"], status.to_string());
            }
        }
    }
}
