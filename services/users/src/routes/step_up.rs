//! `POST /v1/sessions/current/step-up`: a fresh proof of who the signed-in user is (RFC 9470).

use axum::{Json, extract::State};
use http::HeaderMap;
use kit::{
    http::{Faults, Parse, ValidJson},
    identity,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    AppState, Client, Error,
    code::{check_code, use_code},
    proof::{Method, Proof},
    routes::{
        sign_in::{Tokens, is_right},
        sign_in_with_passkey::{PasskeyProof, use_passkey},
        sign_in_with_provider::{ProviderAnswer, prove_by_provider},
    },
    user::User,
};

/// One proof.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepUp {
    /// The password, where the account has no second factor.
    #[schema(value_type = Option<String>, max_length = 128)]
    password: Option<SecretString>,
    /// A code of the app, or a recovery code.
    #[schema(max_length = 100)]
    code: Option<String>,
    /// A passkey that was used.
    passkey: Option<PasskeyProof>,
    /// What another provider answered, where the account has no second factor.
    provider: Option<ProviderAnswer>,
}

/// The proof that was sent.
pub(crate) enum Sent {
    Password(SecretString),
    Code(String),
    Passkey(PasskeyProof),
    Provider(ProviderAnswer),
}

/// Proves once more who is signed in. The answered access token opens what asks for a fresh proof, for
/// five minutes; the session of the cookie remembers it.
#[utoipa::path(
    post,
    path = "/v1/sessions/current/step-up",
    tag = "sessions",
    params(
        ("terrace_refresh" = Option<String>, Cookie, description = "The refresh token; its name \
            also has the shop's port, and over TLS `__Host-` before it"),
        ("terrace_browser" = Option<String>, Cookie, description = "That it is the browser which \
            went to another provider; named as `terrace_refresh` is"),
    ),
    request_body = StepUp,
    responses(
        (status = 200, description = "A new access token", body = Tokens),
        (status = 401, description = "`wrong-credentials`, `wrong-code`, `passkey-refused`, \
            `provider-refused`, `challenge-expired`, or `step-up-required` where a password is not enough"),
        (status = 429, description = "`too-many-guesses`"),
        (status = 502, description = "`provider-failed`"),
    ),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 }, "timeout_ms": 10000 }))),
)]
pub(crate) async fn step_up(
    State(state): State<AppState>,
    caller: identity::User,
    headers: HeaderMap,
    ValidJson(sent): ValidJson<StepUp>,
) -> Result<Json<Tokens>, Error> {
    let user = state
        .store
        .find_user(caller.id)
        .await?
        .ok_or(Error::NotFound)?;
    let method = match sent {
        None => return Err(Error::StepUpRequired),
        Some(Sent::Password(password)) => {
            check_password(&state, &headers, &user, &password).await?;
            Method::Password
        }
        Some(Sent::Code(code)) => {
            use_code(&state, user.id, &code).await?;
            Method::PasswordAndCode
        }
        Some(Sent::Passkey(proof)) => {
            use_passkey(&state, proof, Some(user.id)).await?;
            Method::Passkey
        }
        Some(Sent::Provider(answer)) => {
            if state.store.has_second_factor(user.id).await? {
                return Err(Error::StepUpRequired);
            }
            prove_by_provider(&state, &headers, &answer, user.id).await?;
            Method::Provider
        }
    };
    let proof = Proof {
        method,
        at: state.clock.now(),
    };
    for token in state.cookies.received(&headers) {
        let token = token.hash();
        if state.store.prove_session(&token, user.id, proof).await? {
            break;
        }
    }
    Ok(Json(Tokens::of(&state, &user, caller.session, proof)?))
}

/// A password is enough where there is nothing else, and guesses at it are slowed as at the sign-in.
async fn check_password(
    state: &AppState,
    headers: &HeaderMap,
    user: &User,
    password: &SecretString,
) -> Result<(), Error> {
    if state.store.has_second_factor(user.id).await? {
        return Err(Error::StepUpRequired);
    }
    let known = state.cookies.received_known(headers);
    let account = state.guesses.account(&user.email, known);
    state.guesses.check(account)?;
    let found = state.store.find_credentials(&user.email).await?;
    let hash = found.map(|(_, hash)| hash);
    if !is_right(state, Client::of(headers), password, hash).await? {
        return Err(Error::WrongCredentials);
    }
    state.guesses.forget(account);
    Ok(())
}

impl Parse for StepUp {
    type Valid = Option<Sent>;

    /// Of several the strongest counts.
    fn parse(self, faults: &mut Faults) -> Option<Option<Sent>> {
        if let Some(proof) = self.passkey {
            let proof = faults.within("/passkey", proof);
            return Some(Some(Sent::Passkey(proof?)));
        }
        if let Some(code) = self.code {
            check_code(faults, &code);
            return Some(Some(Sent::Code(code)));
        }
        if let Some(answer) = self.provider {
            let answer = faults.within("/provider", answer);
            return Some(Some(Sent::Provider(answer?)));
        }
        let Some(password) = self.password else {
            return Some(None);
        };
        if password.expose_secret().chars().count() > 128 {
            faults.add("/password", "has at most 128 characters");
        }
        Some(Some(Sent::Password(password)))
    }
}
