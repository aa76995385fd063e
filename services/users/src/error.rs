//! What can go wrong in users, as facts, and how each fact is answered.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use kit::http::{FieldError, Kind, Problem, kinds};

use crate::challenge::{LIFE, LIFE_ELSEWHERE};

const EMAIL_TAKEN: Kind = Kind::new(
    409,
    "email-taken",
    "An account with this e-mail address exists",
);
const WRONG_CREDENTIALS: Kind = Kind::new(
    401,
    "wrong-credentials",
    "E-mail address or password is wrong",
);
const TOO_MANY_GUESSES: Kind = Kind::new(
    429,
    "too-many-guesses",
    "Too many wrong passwords or codes for this account",
);
const NOT_CONFIRMED: Kind = Kind::new(
    403,
    "not-confirmed",
    "The address of this account is not confirmed yet",
);
const PASSWORD_RESET_REQUIRED: Kind = Kind::new(
    403,
    "password-reset-required",
    "This account needs another password first",
);
const DIRECTORY_FAILED: Kind = Kind::new(
    502,
    "directory-failed",
    "Where accounts are kept something went wrong",
);
const SESSION_ENDED: Kind = Kind::new(401, "session-ended", "The session has ended");
const LINK_EXPIRED: Kind = Kind::new(
    410,
    "link-expired",
    "The link has expired, or was used before",
);
const SECOND_FACTOR_REQUIRED: Kind =
    Kind::new(401, "second-factor-required", "A second factor is missing");
const WRONG_CODE: Kind = Kind::new(401, "wrong-code", "This code is wrong, or was used before");
const CHALLENGE_EXPIRED: Kind = Kind::new(
    401,
    "challenge-expired",
    "This took too long, or was done before",
);
const PASSKEY_REFUSED: Kind = Kind::new(401, "passkey-refused", "This passkey is not accepted");
const TOO_MANY_PASSKEYS: Kind = Kind::new(
    409,
    "too-many-passkeys",
    "There are as many passkeys as may be",
);
const STEP_UP_REQUIRED: Kind = Kind::new(
    401,
    "step-up-required",
    "This needs a fresh proof of who you are",
);
/// RFC 9470 §3: what is missing, and how old it may be.
const STEP_UP_CHALLENGE: HeaderValue =
    HeaderValue::from_static("Bearer error=\"insufficient_user_authentication\", max_age=300");
const LAST_MANAGER: Kind = Kind::new(409, "last-manager", "This is the shop's last manager");
const OWN_ACCOUNT: Kind = Kind::new(
    409,
    "own-account",
    "Nobody looks after their own account here",
);
const PROVIDER_FAILED: Kind = Kind::new(
    502,
    "provider-failed",
    "The other provider does not answer as it should",
);
const PROVIDER_REFUSED: Kind = Kind::new(
    401,
    "provider-refused",
    "What comes from the other provider is not accepted",
);
const ADDRESS_UNVERIFIED: Kind = Kind::new(
    403,
    "address-unverified",
    "The other provider does not vouch for an e-mail address",
);
const ADDRESS_DIFFERS: Kind = Kind::new(
    409,
    "address-differs",
    "The other provider vouches for another e-mail address than the account's",
);
const CONSENT_REQUIRED: Kind = Kind::new(
    409,
    "consent-required",
    "There is an account, and its owner has not linked it to the other provider",
);
const PROVIDER_TAKEN: Kind = Kind::new(
    409,
    "provider-taken",
    "Account and provider are linked otherwise already",
);
const LAST_WAY_IN: Kind = Kind::new(
    409,
    "last-way-in",
    "There would be no way left into the account",
);
const TOO_MANY_ADDRESSES: Kind = Kind::new(409, "too-many-addresses", "The address book is full");

/// All of them, for the document.
pub(crate) const KINDS: &[Kind] = &[
    EMAIL_TAKEN,
    WRONG_CREDENTIALS,
    TOO_MANY_GUESSES,
    NOT_CONFIRMED,
    PASSWORD_RESET_REQUIRED,
    DIRECTORY_FAILED,
    SESSION_ENDED,
    LINK_EXPIRED,
    SECOND_FACTOR_REQUIRED,
    WRONG_CODE,
    CHALLENGE_EXPIRED,
    PASSKEY_REFUSED,
    TOO_MANY_PASSKEYS,
    STEP_UP_REQUIRED,
    LAST_MANAGER,
    OWN_ACCOUNT,
    PROVIDER_FAILED,
    PROVIDER_REFUSED,
    ADDRESS_UNVERIFIED,
    ADDRESS_DIFFERS,
    CONSENT_REQUIRED,
    PROVIDER_TAKEN,
    LAST_WAY_IN,
    TOO_MANY_ADDRESSES,
];

/// Why an operation did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An account with this e-mail address exists.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// No account has this e-mail address and password.
    #[error("wrong credentials")]
    WrongCredentials,
    /// So many passwords were wrong that this one is not looked at; the next may come after this time.
    #[error("too many wrong passwords")]
    TooManyGuesses(Duration),
    /// The account waits for the code that was sent to its address.
    #[error("the address is not confirmed")]
    NotConfirmed,
    /// Whoever runs the directory wants another password.
    #[error("another password is required")]
    PasswordResetRequired,
    /// The password breaks a rule of the directory.
    #[error("the password is refused")]
    PasswordRefused,
    /// The directory failed in a way that nobody foresaw, or is set up wrongly.
    #[error("the directory failed: {0}")]
    Directory(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The refresh token is unknown, expired, or was used before.
    #[error("the session has ended")]
    SessionEnded,
    /// The link of a letter is unknown, too old, or was used before.
    #[error("the link has expired")]
    LinkExpired,
    /// The first factor is right, and the account has a second one.
    #[error("a second factor is missing")]
    SecondFactorRequired {
        /// To be answered with the second factor.
        challenge: String,
        /// What the account has: `totp`, `recovery-code`, `passkey`; elsewhere also `sms`, `email`.
        factors: Vec<&'static str>,
    },
    /// The code is not one of the account's, or was used before.
    #[error("wrong code")]
    WrongCode,
    /// The challenge is not one of ours, has expired, or was answered before.
    #[error("the challenge is over")]
    ChallengeExpired,
    /// What a browser says of a passkey is not believed.
    #[error("passkey refused: {0}")]
    PasskeyRefused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The user has as many passkeys as may be kept.
    #[error("too many passkeys")]
    TooManyPasskeys,
    /// The access token's proof of who calls is too old, or too weak for this.
    #[error("a fresh proof is missing")]
    StepUpRequired,
    /// Another service does not tell what it keeps of a person.
    #[error("not all that is kept is told: {0}")]
    Incomplete(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another provider is gone, too slow, or answers what nobody can read.
    #[error("{0}")]
    ProviderFailed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is said to come from another provider is not believed.
    #[error("{0}")]
    ProviderRefused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The other provider does not say that it has seen whose the address is.
    #[error("the provider does not vouch for an address")]
    AddressUnverified,
    /// The other provider vouches for another address than the account has.
    #[error("the provider vouches for another address")]
    AddressDiffers,
    /// There is an account that is not linked to the other provider yet.
    #[error("the account's owner has to consent")]
    ConsentRequired {
        /// The name of the provider.
        provider: String,
        /// To be sent with the consent.
        link: String,
    },
    /// The identity is another account's, or the account has another identity there.
    #[error("the provider is linked otherwise")]
    ProviderTaken,
    /// Without it nobody could enter the account.
    #[error("it is the last way in")]
    LastWayIn,
    /// The user has as many addresses as may be kept.
    #[error("too many addresses")]
    TooManyAddresses,
    /// Who asks is no manager by now.
    #[error("not a manager")]
    NotManager,
    /// The shop would have no manager left.
    #[error("the last manager")]
    LastManager,
    /// A manager's own account is for another one to look after.
    #[error("one's own account")]
    OwnAccount,
    /// It does not exist, or belongs to somebody else.
    #[error("not found")]
    NotFound,
    /// More passwords wait to be checked than the machine can check in time.
    #[error("too many passwords wait to be checked")]
    Busy,
    /// The store cannot be reached.
    #[error("unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A defect of ours.
    #[error("internal: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

kit::store_errors!(Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::EmailTaken => EMAIL_TAKEN.problem().detail("Sign in instead."),
            Error::WrongCredentials => WRONG_CREDENTIALS.problem(),
            Error::TooManyGuesses(wait) => TOO_MANY_GUESSES
                .problem()
                .detail("Wait a little, or sign in where you have signed in before.")
                .retry_after(wait.as_secs() + 1),
            Error::NotConfirmed => NOT_CONFIRMED
                .problem()
                .detail("A code was sent to it: send that to `POST /v1/users/confirmation`."),
            Error::PasswordResetRequired => PASSWORD_RESET_REQUIRED.problem(),
            Error::WrongCode => WRONG_CODE.problem(),
            Error::PasswordRefused => Self::invalid_body(vec![FieldError {
                pointer: "/password".into(),
                detail: "is refused by the rules for passwords: take a longer one, or more kinds of characters"
                    .into(),
            }]),
            Error::Directory(cause) => DIRECTORY_FAILED.problem().because(cause),
            Error::SessionEnded => SESSION_ENDED.problem().detail("Sign in again."),
            Error::LinkExpired => LINK_EXPIRED.problem().detail("Ask for another one."),
            Error::SecondFactorRequired { challenge, factors } => SECOND_FACTOR_REQUIRED
                .problem()
                .detail("Send `challenge` with a code to `POST /v1/sessions/second-factor`.")
                .member("challenge", &challenge)
                .member("factors", &factors)
                .member("expires_in", &LIFE.as_secs()),
            Error::ChallengeExpired => CHALLENGE_EXPIRED.problem().detail("Begin again."),
            Error::PasskeyRefused(cause) => PASSKEY_REFUSED.problem().because(cause),
            Error::TooManyPasskeys => TOO_MANY_PASSKEYS
                .problem()
                .detail("Delete a passkey that is no longer needed."),
            Error::StepUpRequired => STEP_UP_REQUIRED
                .problem()
                .detail("Use `POST /v1/sessions/current/step-up`, then the token that it answers.")
                .header(header::WWW_AUTHENTICATE, STEP_UP_CHALLENGE),
            Error::Incomplete(cause) => Self::unavailable().retry_after(10).because(cause),
            Error::ProviderFailed(cause) => PROVIDER_FAILED
                .problem()
                .detail("Try again in a moment, or sign in otherwise.")
                .because(cause),
            Error::ProviderRefused(cause) => PROVIDER_REFUSED
                .problem()
                .detail("Begin again.")
                .because(cause),
            Error::AddressUnverified => ADDRESS_UNVERIFIED
                .problem()
                .detail("Verify your address there, or make an account with a password."),
            Error::AddressDiffers => ADDRESS_DIFFERS
                .problem()
                .detail("They are linked when both have the same address."),
            Error::ConsentRequired { provider, link } => CONSENT_REQUIRED
                .problem()
                .detail("Sign in to it as always, then send `link` to `PUT /v1/me/providers/{name}`.")
                .member("provider", &provider)
                .member("link", &link)
                .member("expires_in", &LIFE_ELSEWHERE.as_secs()),
            Error::ProviderTaken => PROVIDER_TAKEN
                .problem()
                .detail("Unlink it there first, or sign in with it."),
            Error::LastWayIn => LAST_WAY_IN
                .problem()
                .detail("Set a password, or add a passkey first."),
            Error::TooManyAddresses => TOO_MANY_ADDRESSES
                .problem()
                .detail("Delete an address that is no longer needed."),
            Error::NotManager => kinds::MANAGERS_ONLY.problem(),
            Error::LastManager => LAST_MANAGER
                .problem()
                .detail("Make somebody else a manager first."),
            Error::OwnAccount => OWN_ACCOUNT
                .problem()
                .detail("Ask another manager, or use the operations under `/v1/me`."),
            Error::NotFound => Self::not_found(),
            Error::Busy => Self::unavailable(),
            Error::Unavailable(cause) => Self::unavailable().because(cause),
            Error::Internal(cause) => Self::internal().because(cause),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
