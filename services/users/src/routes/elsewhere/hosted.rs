//! Sign-in by the directory's own pages, which may offer other providers in turn.

use axum::{extract::State, response::IntoResponse};
use http::HeaderMap;
use kit::http::ValidJson;
use secrecy::ExposeSecret;

use super::begin_session;
use crate::{
    AppState, Error,
    directory::Hosted,
    provider::Purpose,
    routes::sign_in_with_provider::{ProviderAnswer, identify},
    session::RefreshToken,
};

/// The directory's tokens go on as after a sign-in here.
pub(super) async fn sign_in_with_provider(
    State(state): State<AppState>,
    headers: HeaderMap,
    ValidJson(sent): ValidJson<ProviderAnswer>,
) -> Result<impl IntoResponse, Error> {
    let (flow, identity, tokens) = identify(&state, &headers, &sent).await?;
    if flow.purpose != Purpose::SignIn {
        return Err(Error::ChallengeExpired);
    }
    let missing = || Error::Directory("its pages gave no access token, or no end of it".into());
    let access_token = tokens.access_token.ok_or_else(missing)?;
    let expires_in = tokens.expires_in.ok_or_else(missing)?;
    let signed = state.elsewhere()?.hosted(Hosted {
        access_token: access_token.expose_secret().to_owned(),
        id_token: tokens.id_token,
        refresh: tokens
            .refresh_token
            .map(|it| RefreshToken::received(it.expose_secret())),
        expires_in,
    })?;
    match identity.email {
        Some(email) => begin_session(&state, &headers, signed, &email).await,
        None => Err(Error::AddressUnverified),
    }
}
