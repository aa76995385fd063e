//! `POST /v1/sessions/provider`: sign-in by another provider.

use axum::{extract::State, response::IntoResponse};
use http::HeaderMap;
use kit::http::{Faults, Parse, ValidJson};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::time::timeout;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    challenge::{Ceremony, check_challenge},
    proof::Method,
    provider::{self, Flow, Identity, LEEWAY_S, Linked, PATIENCE, Provider, Purpose},
    routes::{
        count,
        link_provider::Ticket,
        sign_in::{Tokens, ask_second_factor, begin_session},
    },
    user::{Email, Name, User},
};

/// What another provider answered by the browser (RFC 6749 §4.1.2): the query of `/continue`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderAnswer {
    /// As it was sent there.
    #[schema(max_length = 4096)]
    state: String,
    /// Works once.
    #[schema(value_type = String, max_length = 2048)]
    code: SecretString,
    /// Who answers, where it says so (RFC 9207).
    #[schema(max_length = 2048)]
    iss: Option<String>,
}

/// Signs in by another provider. Whoever has no account yet gets one, where the provider vouches for the address. An
/// account that is there already is linked first, by its owner.
#[utoipa::path(
    post,
    path = "/v1/sessions/provider",
    tag = "sessions",
    params(("terrace_browser" = Option<String>, Cookie, description = "That it is the browser which \
        went to the provider; named as `terrace_refresh` is")),
    request_body = ProviderAnswer,
    responses(
        (status = 201, description = "The tokens", body = Tokens),
        (status = 401, description = "`challenge-expired`, `provider-refused`, or \
            `second-factor-required` with a `challenge` for `POST /v1/sessions/second-factor`"),
        (status = 403, description = "`address-unverified`"),
        (status = 409, description = "`consent-required` with a `link` for `PUT /v1/me/providers/{name}`, \
            good for ten minutes"),
        (status = 502, description = "`provider-failed`"),
    ),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 }, "timeout_ms": 10000 }))),
)]
pub(crate) async fn sign_in_with_provider(
    State(state): State<AppState>,
    headers: HeaderMap,
    ValidJson(answer): ValidJson<ProviderAnswer>,
) -> Result<impl IntoResponse, Error> {
    let (flow, identity, _) = identify(&state, &headers, &answer).await?;
    let provider = state.providers.find(&flow.provider);
    let provider = provider.ok_or(Error::ChallengeExpired)?;
    let user = match flow.purpose {
        Purpose::SignIn => account_of(&state, provider, identity).await?,
        Purpose::Link(user_id) => return Err(consent(&state, provider, identity, Some(user_id))),
        Purpose::Proof(_) => return Err(Error::ChallengeExpired),
    };
    ask_second_factor(&state, &user, &user.email, Method::Provider).await?;
    begin_session(&state, &headers, &user, &user.email, Method::Provider).await
}

/// The way that an answer ends, whom the provider names, and its tokens. Each way ends once, in the browser that it began in.
pub(super) async fn identify(
    state: &AppState,
    headers: &HeaderMap,
    answer: &ProviderAnswer,
) -> Result<(Flow, Identity, provider::Tokens), Error> {
    let now = state.clock.now();
    let challenge = state
        .challenges
        .open::<Flow>(Ceremony::Provider, &answer.state, now)
        .ok_or(Error::ChallengeExpired)?;
    let flow = challenge.about;
    let browser = state.cookies.received_browser(headers);
    let browser = browser.filter(|browser| flow.is_of(browser));
    let browser = browser.ok_or(Error::ChallengeExpired)?;
    let provider = state.providers.find(&flow.provider);
    let provider = provider.ok_or(Error::ChallengeExpired)?;
    // Before the provider is asked, so that of two at once one does.
    let (hash, expires_at) = (challenge.hash, challenge.expires_at);
    if !state.store.use_challenge(&hash, expires_at).await? {
        return Err(Error::ChallengeExpired);
    }
    let iss = answer.iss.as_deref();
    let identified = provider.identify(&flow, &browser, &answer.code, iss, now);
    let (identity, tokens) = timeout(PATIENCE, identified)
        .await
        .unwrap_or_else(|late| Err(provider.failed(late.into())))
        .inspect_err(|fault| {
            if matches!(fault, Error::ProviderRefused(_)) {
                count("provider-refused");
            }
        })?;
    Ok((flow, identity, tokens))
}

/// The account that an identity is linked to, or a new one. An account that has the address is left alone until its
/// owner consents: whoever holds an account at a provider is not yet who holds one here.
async fn account_of(
    state: &AppState,
    provider: &Provider,
    identity: Identity,
) -> Result<User, Error> {
    let (issuer, subject) = (&provider.issuer, &identity.subject);
    let now = state.clock.now();
    let linked = state.store.use_linked(issuer, subject, now).await?;
    if let Some(user) = linked {
        return Ok(user);
    }
    let email = identity.email.clone().ok_or(Error::AddressUnverified)?;
    let refused = match new_account(state, provider, &identity, email).await {
        Ok(user) => return Ok(user),
        Err(refused @ (Error::EmailTaken | Error::ProviderTaken)) => refused,
        Err(fault) => return Err(fault),
    };
    // Another tab of the same person may have been a moment earlier.
    let linked = state.store.use_linked(issuer, subject, now).await?;
    match (linked, refused) {
        (Some(user), _) => Ok(user),
        (None, Error::EmailTaken) => Err(consent(state, provider, identity, None)),
        (None, refused) => Err(refused),
    }
}

async fn new_account(
    state: &AppState,
    provider: &Provider,
    identity: &Identity,
    email: Email,
) -> Result<User, Error> {
    for email in Email::candidates(email.as_str()) {
        if state.store.find_credentials(&email).await?.is_some() {
            return Err(Error::EmailTaken);
        }
    }
    let now = state.clock.now();
    let name = identity.name.clone();
    let name = name.unwrap_or_else(|| Name::stored("Gardener".to_owned()));
    let user = User {
        created_at: now,
        ..User::new(email, name)
    };
    let linked = Linked {
        user_id: user.id,
        provider: provider.name.clone(),
        issuer: provider.issuer.clone(),
        subject: identity.subject.clone(),
        linked_at: now,
        used_at: Some(now),
    };
    state.store.insert_linked_user(&user, &linked).await?;
    Ok(user)
}

/// What has to come with the owner's consent.
fn consent(
    state: &AppState,
    provider: &Provider,
    identity: Identity,
    user_id: Option<Uuid>,
) -> Error {
    let Some(email) = identity.email else {
        return Error::AddressUnverified;
    };
    let ticket = Ticket {
        provider: provider.name.clone(),
        subject: identity.subject,
        email: email.as_str().to_owned(),
        user_id,
    };
    let now = state.clock.now();
    Error::ConsentRequired {
        provider: provider.name.clone(),
        link: state.challenges.issue(Ceremony::ProviderLink, ticket, now),
    }
}

/// Takes an answer as a fresh proof that this user is who they are: they have just proven it there as well.
pub(crate) async fn prove_by_provider(
    state: &AppState,
    headers: &HeaderMap,
    answer: &ProviderAnswer,
    user_id: Uuid,
) -> Result<(), Error> {
    let (flow, identity, _) = identify(state, headers, answer).await?;
    if flow.purpose != Purpose::Proof(user_id) {
        return Err(Error::ChallengeExpired);
    }
    let refused = |why: &'static str| Error::ProviderRefused(why.into());
    let linked = state.store.list_linked(user_id).await?;
    let is_theirs = |it: &Linked| it.provider == flow.provider && it.subject == identity.subject;
    if !linked.iter().any(is_theirs) {
        return Err(refused("it vouches for somebody else"));
    }
    let proven_s = identity.auth_time.unwrap_or(i64::MIN);
    if proven_s < flow.began_s - LEEWAY_S {
        return Err(refused("it did not ask again"));
    }
    Ok(())
}

impl Parse for ProviderAnswer {
    type Valid = Self;

    fn parse(self, faults: &mut Faults) -> Option<Self> {
        check_challenge(faults, "/state", &self.state);
        let texts = [
            ("/code", Some(self.code.expose_secret())),
            ("/iss", self.iss.as_deref()),
        ];
        for (pointer, text) in texts {
            if text.is_some_and(|text| text.chars().count() > 2048) {
                faults.add(pointer, "has at most 2048 characters");
            }
        }
        Some(self)
    }
}
