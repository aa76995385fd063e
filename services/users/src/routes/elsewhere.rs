//! The operations on accounts and sessions where a directory elsewhere keeps them: the same requests and answers
//! as the ones that are documented. Guesses are slowed as for our own accounts.

mod hosted;
mod passwords;
mod proofs;

use axum::{
    Json, Router,
    extract::State,
    response::{AppendHeaders, IntoResponse},
    routing::{delete, patch, post, put},
};
use http::{HeaderMap, StatusCode, header};
use kit::{http::ValidJson, identity};

use crate::{
    AppState, Error,
    directory::{Directory, Person, Signed},
    fresh::Fresh,
    guesses::KNOWN_FOR_S,
    routes::{
        begin_provider_sign_in::begin_provider_sign_in,
        change_me::ChangeMe,
        count,
        delete_me::{farewell, forget_browser},
        get_me::Me,
        sign_in::{self, Tokens},
        sign_up::{Account, SignUp},
    },
    session::RefreshToken,
    store::Managers,
    user::{Email, User},
};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/v1/users", post(sign_up))
        .route("/v1/sessions", post(sign_in))
        .route("/v1/sessions/refresh", post(refresh_session))
        .route(
            "/v1/providers/{name}/sign-ins",
            post(begin_provider_sign_in),
        )
        .route("/v1/sessions/provider", post(hosted::sign_in_with_provider))
        .route("/v1/sessions/current", delete(sign_out))
        .route("/v1/sessions/second-factor", post(proofs::finish_sign_in))
        .route("/v1/sessions/current/step-up", post(proofs::step_up))
        .route("/v1/password-resets", post(passwords::ask_password_reset))
        .route("/v1/me/password", put(passwords::change_password))
        .route("/v1/me", patch(change_me).delete(delete_me))
        // What is done by our own letters and factors.
        .fallback(not_here)
}

async fn sign_up(
    State(state): State<AppState>,
    ValidJson((email, password, name)): ValidJson<SignUp>,
) -> Result<(StatusCode, Json<Account>), Error> {
    let directory = state.elsewhere()?;
    let (subject, confirmed) = directory.sign_up(&email, password.secret(), &name).await?;
    let typed = email.as_str().to_owned();
    let person = Person {
        subject,
        // Until it is confirmed it may be anybody's.
        email: confirmed.then_some(email),
        name: Some(name),
        is_staff: false,
        is_manager: false,
    };
    let user = keep(&state, directory, person).await?;
    let account = Account {
        id: user.id,
        email: typed,
        name: user.name.as_str().to_owned(),
        created_at: user.created_at,
        confirmed,
    };
    Ok((StatusCode::CREATED, Json(account)))
}

async fn sign_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    ValidJson((emails, password)): ValidJson<sign_in::SignIn>,
) -> Result<impl IntoResponse, Error> {
    let directory = state.elsewhere()?;
    let Some(email) = emails.first() else {
        count("wrong");
        return Err(Error::WrongCredentials);
    };
    let known = state.cookies.received_known(&headers);
    let account = state.guesses.account(email, known);
    state.guesses.check(account)?;
    let found = directory.sign_in(email, &password).await;
    if matches!(found, Err(Error::WrongCredentials)) {
        count("wrong");
    }
    let found = found?;
    state.guesses.forget(account);
    let signed = proofs::signed(&state, found, email)?;
    begin_session(&state, &headers, signed, email).await
}

/// Begins a session here, and makes the browser known to the account under this address.
async fn begin_session(
    state: &AppState,
    headers: &HeaderMap,
    signed: Signed,
    known_as: &Email,
) -> Result<impl IntoResponse + use<>, Error> {
    let known = state.guesses.cookie(known_as);
    let known = state.cookies.known(headers, &known, KNOWN_FOR_S);
    let known = AppendHeaders([(header::SET_COOKIE, known)]);
    let answer = answer(state, headers, signed, None).await?;
    count("done");
    Ok((StatusCode::CREATED, known, answer))
}

async fn refresh_session(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let directory = state.elsewhere()?;
    for old in state.cookies.received(&headers) {
        match directory.refresh(&old).await {
            Ok(signed) => return answer(&state, &headers, signed, Some(old)).await,
            Err(Error::SessionEnded) => {}
            Err(fault) => return Err(fault),
        }
    }
    Err(Error::SessionEnded)
}

async fn sign_out(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let directory = state.elsewhere()?;
    for token in state.cookies.received(&headers) {
        directory.sign_out(&token).await?;
    }
    let forget = AppendHeaders([(header::SET_COOKIE, state.cookies.refresh(&headers, "", 0))]);
    Ok((StatusCode::NO_CONTENT, forget))
}

async fn change_me(
    State(state): State<AppState>,
    user: identity::User,
    ValidJson(name): ValidJson<ChangeMe>,
) -> Result<Json<Me>, Error> {
    let found = state.store.find_user(user.id).await?;
    let found = found.ok_or(Error::NotFound)?;
    state.elsewhere()?.rename(&found.email, &name).await?;
    let renamed = state.store.rename_user(user.id, &name).await?;
    Ok(Json(Me::of(&state, &renamed.ok_or(Error::NotFound)?, true)))
}

/// The directory's account first: whoever dies between comes again, with a token that lives on, and finds the row. Who
/// works for the shop, the directory knows.
async fn delete_me(
    State(state): State<AppState>,
    Fresh(caller): Fresh,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let found = state.store.find_user(caller.id).await?;
    let found = found.ok_or(Error::NotFound)?;
    state.elsewhere()?.delete(&found.email).await?;
    let farewell = farewell(&state);
    state
        .store
        .delete_user(caller.id, Managers::AllMayGo, farewell)
        .await?;
    Ok((StatusCode::NO_CONTENT, forget_browser(&state, &headers)))
}

async fn not_here() -> Error {
    Error::NotFound
}

/// The tokens, with the one that renews them as cookie: a new one, or the `old` one again.
async fn answer(
    state: &AppState,
    headers: &HeaderMap,
    signed: Signed,
    old: Option<RefreshToken>,
) -> Result<impl IntoResponse + use<>, Error> {
    let user = keep(state, state.elsewhere()?, signed.person).await?;
    let tokens = Tokens {
        access_token: signed.access_token,
        token_type: "Bearer",
        expires_in: signed.expires_in,
        // The directory has asked for what it wants to be proven.
        user: Me::of(state, &user, true),
    };
    let refresh = signed.refresh.or(old);
    let refresh = refresh.map(|it| {
        state
            .cookies
            .refresh(headers, it.secret(), state.lives.idle.as_secs())
    });
    let set_cookie = AppendHeaders(refresh.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok((set_cookie, Json(tokens)))
}

/// The row of somebody whom the directory has just told of.
async fn keep(state: &AppState, directory: &dyn Directory, person: Person) -> Result<User, Error> {
    let mut row = person.row(directory.issuer(), state.clock.now());
    if person.email.is_none()
        && let Some(known) = state.store.find_user(row.id).await?
    {
        row.email = known.email;
    }
    state.store.keep_user(&row).await
}
