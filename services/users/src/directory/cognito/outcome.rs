//! What Cognito answers who signs in.

use aws_sdk_cognitoidentityprovider::types::{AuthenticationResultType, ChallengeNameType};

use super::{
    super::{Challenge, Factor, SignIn},
    tokens::read,
};
use crate::Error;

/// A challenge, or the tokens.
pub(super) struct Outcome {
    pub(super) challenge: Option<ChallengeNameType>,
    pub(super) session: Option<String>,
    pub(super) tokens: Option<AuthenticationResultType>,
    /// What the pool itself calls the user, by whom further answers are.
    pub(super) username: String,
}

impl Outcome {
    /// What it is for who signs in.
    pub(super) fn read(self) -> Result<SignIn, Error> {
        let (Some(challenge), Some(session)) = (self.challenge, self.session) else {
            return Ok(SignIn::Done(Box::new(read(self.tokens)?)));
        };
        let factor = match challenge {
            ChallengeNameType::SoftwareTokenMfa => Factor::Totp,
            ChallengeNameType::SmsMfa => Factor::Sms,
            ChallengeNameType::EmailOtp => Factor::Email,
            // Whoever runs the pool has chosen the password.
            ChallengeNameType::NewPasswordRequired => return Err(Error::PasswordResetRequired),
            other => return Err(Error::Directory(format!("it asks for {other}").into())),
        };
        Ok(SignIn::Challenge(Challenge {
            factor,
            username: self.username,
            session,
        }))
    }
}
