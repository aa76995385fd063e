//! What Cognito refuses, in our words.

use std::{error::Error as StdError, time::Duration};

use aws_sdk_cognitoidentityprovider::{
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
};

use crate::Error;

/// How long somebody waits whom Cognito has enough of: it begins with seconds and goes up to 15 minutes, and
/// does not say where it is.
const PAUSE: Duration = Duration::from_secs(60);

/// The error of an operation of this name. `denied` is what it means there that it is not allowed, or that there
/// is no such user: the same, so that nobody learns who has an account.
pub(super) fn of<E>(operation: &'static str, error: &SdkError<E>, denied: fn() -> Error) -> Error
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    if !matches!(error, SdkError::ServiceError(_)) {
        return Error::Unavailable(format!("{operation}: {}", aws::chain(error)).into());
    }
    by_code(operation, error.code().unwrap_or("none"), denied, || {
        // Without its message, which may repeat what a person has typed.
        error.meta().request_id().unwrap_or("none").to_owned()
    })
}

fn by_code(
    operation: &'static str,
    code: &str,
    denied: fn() -> Error,
    request: impl FnOnce() -> String,
) -> Error {
    match code {
        "NotAuthorizedException" | "UserNotFoundException" => denied(),
        "UsernameExistsException" | "AliasExistsException" => Error::EmailTaken,
        "UserNotConfirmedException" => Error::NotConfirmed,
        "PasswordResetRequiredException" => Error::PasswordResetRequired,
        "CodeMismatchException" | "ExpiredCodeException" | "EnableSoftwareTokenMFAException" => {
            Error::WrongCode
        }
        "InvalidPasswordException" | "PasswordHistoryPolicyViolationException" => {
            Error::PasswordRefused
        }
        "LimitExceededException" | "TooManyFailedAttemptsException" => Error::TooManyGuesses(PAUSE),
        // After the client has waited and tried again.
        "TooManyRequestsException" => Error::Busy,
        "RefreshTokenReuseException" => Error::SessionEnded,
        "InternalErrorException" | "ServiceUnavailable" => {
            Error::Unavailable(format!("{operation}: {code}, request {}", request()).into())
        }
        code => Error::Directory(format!("{operation}: {code}, request {}", request()).into()),
    }
}

#[cfg(test)]
mod tests {
    use kit::http::Problem;

    use super::*;

    #[test]
    fn every_exception_is_one_of_our_problems_and_an_unknown_one_a_502() {
        for (code, status, slug) in [
            ("NotAuthorizedException", 401, "wrong-credentials"),
            ("UserNotFoundException", 401, "wrong-credentials"),
            ("UsernameExistsException", 409, "email-taken"),
            ("AliasExistsException", 409, "email-taken"),
            ("UserNotConfirmedException", 403, "not-confirmed"),
            (
                "PasswordResetRequiredException",
                403,
                "password-reset-required",
            ),
            ("CodeMismatchException", 401, "wrong-code"),
            ("ExpiredCodeException", 401, "wrong-code"),
            ("EnableSoftwareTokenMFAException", 401, "wrong-code"),
            ("InvalidPasswordException", 422, "invalid-body"),
            (
                "PasswordHistoryPolicyViolationException",
                422,
                "invalid-body",
            ),
            ("LimitExceededException", 429, "too-many-guesses"),
            ("TooManyFailedAttemptsException", 429, "too-many-guesses"),
            ("TooManyRequestsException", 503, "unavailable"),
            ("RefreshTokenReuseException", 401, "session-ended"),
            ("InternalErrorException", 503, "unavailable"),
            ("ResourceNotFoundException", 502, "directory-failed"),
            ("UserLambdaValidationException", 502, "directory-failed"),
            ("ANewException", 502, "directory-failed"),
        ] {
            let error = by_code("SignIn", code, || Error::WrongCredentials, String::new);

            let problem = Problem::from(error);

            assert_eq!(
                (problem.status().as_u16(), problem.slug()),
                (status, slug),
                "{code}"
            );
            assert_eq!(
                problem.cause().is_some(),
                status == 502 || code == "InternalErrorException"
            );
        }
    }
}
