//! A code that works once, of an app or for recovery: whether it is right for a user, now and for
//! the first time.

use kit::http::Faults;
use uuid::Uuid;

use crate::{AppState, Error, recovery::RecoveryCode, routes::count, totp};

/// Uses the code up; [`Error::WrongCode`] where it is wrong or was used, and
/// [`Error::TooManyGuesses`] where so many were that this one is not looked at.
pub(crate) async fn use_code(state: &AppState, user_id: Uuid, typed: &str) -> Result<(), Error> {
    let account = state.guesses.code_of(user_id);
    state.guesses.check(account)?;
    let is_right = match RecoveryCode::parse(typed) {
        Some(code) => {
            let hash = code.hash(user_id);
            state.store.use_recovery_code(user_id, &hash).await?
        }
        None => use_code_of_app(state, user_id, typed).await?,
    };
    if !is_right {
        count("wrong-code");
        return Err(Error::WrongCode);
    }
    state.guesses.forget(account);
    Ok(())
}

/// Refuses what is longer than any code.
pub(crate) fn check_code(faults: &mut Faults, typed: &str) {
    if typed.chars().count() > 100 {
        faults.add("/code", "has at most 100 characters");
    }
}

async fn use_code_of_app(state: &AppState, user_id: Uuid, typed: &str) -> Result<bool, Error> {
    let Some(sealed) = state.store.find_totp(user_id).await? else {
        return Ok(false);
    };
    let secret = state.secrets.open(user_id.as_bytes(), &sealed);
    let secret = secret.and_then(|bytes| totp::Secret::from_bytes(&bytes));
    let lost = || Error::Internal("an app's secret was sealed by another signing key".into());
    let secret = secret.ok_or_else(lost)?;
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    match secret.matching_step(&typed, state.clock.now()) {
        Some(step) => state.store.use_totp_step(user_id, step).await,
        None => Ok(false),
    }
}
