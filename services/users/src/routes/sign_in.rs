//! `POST /v1/sessions`: sign-in. The refresh token goes to the browser as a cookie that scripts
//! cannot read; the access token goes to the script, which keeps it in memory.

use axum::{
    Json,
    extract::State,
    response::{AppendHeaders, IntoResponse},
};
use http::{HeaderMap, StatusCode, header};
use kit::http::{Faults, Parse, ValidJson};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Client, Error,
    challenge::Ceremony,
    device::Device,
    guesses::KNOWN_FOR_S,
    issuer::TOKEN_LIFE_S,
    new_password::normalised,
    proof::{Method, Proof},
    routes::{count, get_me::Me},
    session::{RefreshToken, Session},
    user::{Email, User},
};

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The e-mail address.
    #[schema(max_length = 254, example = "rose@garden.example")]
    email: String,
    /// The password.
    #[schema(value_type = String, max_length = 128)]
    password: SecretString,
}

/// A signed-in user's tokens (RFC 6749 §5.1). The refresh token is in the cookie.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tokens {
    #[schema(example = "header.claims.signature")]
    pub(crate) access_token: String,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    pub(crate) token_type: &'static str,
    /// In seconds.
    #[schema(example = 900)]
    pub(crate) expires_in: i64,
    pub(crate) user: Me,
}

/// Who proved the first factor and has yet to prove a second one.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) user_id: Uuid,
    /// By what, as it is stored.
    #[serde(default)]
    pub(crate) by: String,
    /// The address as it was typed, by which the browser is known.
    pub(crate) known_as: String,
}

/// Signs in. An account with a second factor gets a challenge instead, good for five minutes.
#[utoipa::path(
    post,
    path = "/v1/sessions",
    tag = "sessions",
    params(("terrace_known" = Option<String>, Cookie, description = "That the browser has signed in \
        to this account before; named as `terrace_refresh` is")),
    request_body = SignIn,
    responses(
        (status = 201, description = "The tokens", body = Tokens),
        (status = 401, description = "`wrong-credentials`, or `second-factor-required` with a \
            `challenge` for `POST /v1/sessions/second-factor` and what `factors` the account has"),
        (status = 429, description = "`too-many-guesses`"),
    ),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } }))),
)]
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    ValidJson((emails, password)): ValidJson<SignIn>,
) -> Result<impl IntoResponse, Error> {
    let known = state.cookies.received_known(&headers);
    let account = emails.first().map(|it| state.guesses.account(it, known));
    if let Some(account) = account {
        state.guesses.check(account)?;
    }
    let mut found = None;
    for email in &emails {
        found = found.or(state.store.find_credentials(email).await?);
    }
    let (user, hash) = found.unzip();
    let client = Client::of(&headers);
    let is_right = is_right(&state, client, &password, hash).await?;
    let (Some(user), Some(account), true) = (user, account, is_right) else {
        count("wrong");
        return Err(Error::WrongCredentials);
    };
    state.guesses.forget(account);

    let known_as = emails.first().unwrap_or(&user.email);
    ask_second_factor(&state, &user, known_as, Method::Password).await?;
    begin_session(&state, &headers, &user, known_as, Method::Password).await
}

/// Refuses a user who has a second factor, and has proven so much of the first: with what to go on by.
pub(crate) async fn ask_second_factor(
    state: &AppState,
    user: &User,
    known_as: &Email,
    by: Method,
) -> Result<(), Error> {
    let factors = state.store.list_factors(user.id).await?.names();
    if factors.is_empty() {
        return Ok(());
    }
    count("second-factor");
    let about = Pending {
        user_id: user.id,
        by: by.as_str().to_owned(),
        known_as: known_as.as_str().to_owned(),
    };
    let now = state.clock.now();
    Err(Error::SecondFactorRequired {
        challenge: state.challenges.issue(Ceremony::SecondFactor, about, now),
        factors,
    })
}

/// Begins a session of a user who has just proven so who they are, and makes the browser known to
/// the account under this address.
pub(crate) async fn begin_session(
    state: &AppState,
    headers: &HeaderMap,
    user: &User,
    known_as: &Email,
    method: Method,
) -> Result<impl IntoResponse + use<>, Error> {
    let refresh = RefreshToken::generate();
    let now = state.clock.now();
    let session = Session {
        device: Device::of(headers),
        ..Session::begin(&refresh, user.id, method, state.lives, now)
    };
    state.store.insert_session(&session).await?;
    // Read again: a group that was taken meanwhile ended the sessions of before, and not this one.
    let user = state.store.find_user(user.id).await?;
    let user = &user.ok_or(Error::SessionEnded)?;
    let known = state.guesses.cookie(known_as);
    let known = state.cookies.known(headers, &known, KNOWN_FOR_S);
    let known = AppendHeaders([(header::SET_COOKIE, known)]);
    let answer = answer(
        state,
        headers,
        user,
        session.family,
        session.proof,
        &refresh,
    )?;
    count("done");
    Ok((StatusCode::CREATED, known, answer))
}

/// Whether the password belongs to the hash. Some were hashed as they had been typed.
pub(crate) async fn is_right(
    state: &AppState,
    client: Client,
    password: &SecretString,
    hash: Option<String>,
) -> Result<bool, Error> {
    let normalised = normalised(password);
    let is_right = state.passwords.matches(client, &normalised, hash.clone());
    if is_right.await? {
        return Ok(true);
    }
    if normalised.expose_secret() == password.expose_secret() {
        return Ok(false);
    }
    state.passwords.matches(client, password, hash).await
}

impl Parse for SignIn {
    /// What is no address at all belongs to nobody, like any unknown one.
    type Valid = (Vec<Email>, SecretString);

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        if self.password.expose_secret().chars().count() > 128 {
            faults.add("/password", "has at most 128 characters");
        }
        Some((Email::candidates(&self.email), self.password))
    }
}

impl Tokens {
    /// Of this user, who proved so who they are.
    pub(crate) fn of(
        state: &AppState,
        user: &User,
        session: Option<Uuid>,
        proof: Proof,
    ) -> Result<Self, Error> {
        let by_two_factors = proof.method.is_two_factors();
        let groups = state.groups(user, by_two_factors);
        Ok(Self {
            access_token: state.issuer.token(user, groups, session, proof)?,
            token_type: "Bearer",
            expires_in: TOKEN_LIFE_S,
            user: Me::of(state, user, by_two_factors),
        })
    }
}

/// The tokens, with the refresh token as cookie.
pub(crate) fn answer(
    state: &AppState,
    headers: &HeaderMap,
    user: &User,
    session: Uuid,
    proof: Proof,
    refresh: &RefreshToken,
) -> Result<impl IntoResponse + use<>, Error> {
    let tokens = Tokens::of(state, user, Some(session), proof)?;
    let cookie = state
        .cookies
        .refresh(headers, refresh.secret(), state.lives.idle.as_secs());
    let set_cookie = AppendHeaders([(header::SET_COOKIE, cookie)]);
    Ok((set_cookie, Json(tokens)))
}
