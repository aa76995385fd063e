//! What is proven to a directory elsewhere beside the password, or once more.

use axum::{extract::State, response::IntoResponse};
use http::HeaderMap;
use kit::{
    http::ValidJson,
    identity::{self, user_of},
};
use serde::{Deserialize, Serialize};

use super::{answer, begin_session};
use crate::{
    AppState, Error,
    challenge::Ceremony,
    directory::{Challenge, Factor, SignIn, Signed},
    routes::{
        count,
        finish_sign_in::FinishSignIn,
        step_up::{Sent, StepUp},
    },
    user::Email,
};

/// Who proved the password and has yet to send a code.
#[derive(Serialize, Deserialize)]
struct Pending {
    challenge: Challenge,
    known_as: String,
}

/// The session that begins, or [`Error::SecondFactorRequired`].
pub(super) fn signed(state: &AppState, found: SignIn, known_as: &Email) -> Result<Signed, Error> {
    let challenge = match found {
        SignIn::Done(signed) => return Ok(*signed),
        SignIn::Challenge(challenge) => challenge,
    };
    count("second-factor");
    let factor = match challenge.factor {
        Factor::Totp => "totp",
        Factor::Sms => "sms",
        Factor::Email => "email",
    };
    let known_as = known_as.as_str().to_owned();
    let pending = Pending {
        challenge,
        known_as,
    };
    let now = state.clock.now();
    Err(Error::SecondFactorRequired {
        challenge: state.challenges.issue(Ceremony::Elsewhere, pending, now),
        factors: vec![factor],
    })
}

/// A wrong code may be followed by another one, as long as the directory waits for it.
pub(super) async fn finish_sign_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    ValidJson(sent): ValidJson<FinishSignIn>,
) -> Result<impl IntoResponse, Error> {
    let directory = state.elsewhere()?;
    let now = state.clock.now();
    let challenge = state
        .challenges
        .open::<Pending>(Ceremony::Elsewhere, &sent.challenge, now)
        .ok_or(Error::ChallengeExpired)?;
    let pending = challenge.about;
    let account = user_of(directory.issuer(), &pending.challenge.username);
    let account = state.guesses.code_of(account);
    state.guesses.check(account)?;
    let code: String = sent.code.split_whitespace().collect();
    let found = directory.answer(&pending.challenge, &code).await;
    if matches!(found, Err(Error::WrongCode)) {
        count("wrong-code");
    }
    let found = found?;
    let (hash, expires_at) = (challenge.hash, challenge.expires_at);
    if !state.store.use_challenge(&hash, expires_at).await? {
        return Err(Error::ChallengeExpired);
    }
    state.guesses.forget(account);
    let known_as = Email::stored(pending.known_as);
    let signed = signed(&state, found, &known_as)?;
    begin_session(&state, &headers, signed, &known_as).await
}

/// A step up is a sign-in with the password: the directory says in its tokens when it was asked.
pub(super) async fn step_up(
    State(state): State<AppState>,
    caller: identity::User,
    headers: HeaderMap,
    ValidJson(sent): ValidJson<StepUp>,
) -> Result<impl IntoResponse, Error> {
    let Some(Sent::Password(password)) = sent else {
        return Err(Error::StepUpRequired);
    };
    let directory = state.elsewhere()?;
    let user = state.store.find_user(caller.id).await?;
    let user = user.ok_or(Error::NotFound)?;
    let known = state.cookies.received_known(&headers);
    let account = state.guesses.account(&user.email, known);
    state.guesses.check(account)?;
    let found = directory.sign_in(&user.email, &password).await?;
    state.guesses.forget(account);
    let signed = signed(&state, found, &user.email)?;
    // The address may have become somebody else's.
    if user_of(directory.issuer(), &signed.person.subject) != user.id {
        return Err(Error::WrongCredentials);
    }
    for before in state.cookies.received(&headers) {
        if let Err(fault) = directory.sign_out(&before).await {
            tracing::warn!(%fault, user_id = %user.id, "the session of before goes on beside the new one");
        }
    }
    answer(&state, &headers, signed, None).await
}
