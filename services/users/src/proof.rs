//! How a user proved who they are, and when: what tokens say of it (RFC 8176, RFC 9470).

use jiff::{SignedDuration, Timestamp};

/// How old a proof may be where an operation asks for a fresh one.
pub const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// By what a user proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The password alone.
    Password,
    /// The password, and a code that works once.
    PasswordAndCode,
    /// A passkey, whose device made sure that it is the user who uses it.
    Passkey,
    /// Another provider vouched for the user.
    Provider,
    /// The same, and a code that works once.
    ProviderAndCode,
}

/// A proof, as sessions keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// By what.
    pub method: Method,
    /// When.
    pub at: Timestamp,
}

impl Method {
    /// The `amr` of tokens (RFC 8176 §2): `pop` because a passkey does not say whether its key is
    /// kept by hardware or by software. For another provider there is no registered value; `fed` is what
    /// others say.
    pub fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd"],
            Self::PasswordAndCode => &["pwd", "otp", "mfa"],
            Self::Passkey => &["pop", "user", "mfa"],
            Self::Provider => &["fed"],
            Self::ProviderAndCode => &["fed", "otp", "mfa"],
        }
    }

    /// Whether it takes two factors.
    pub fn is_two_factors(self) -> bool {
        self.amr().contains(&"mfa")
    }

    /// The same, and a code of the account's second factor.
    pub(crate) fn and_code(self) -> Self {
        match self {
            Self::Provider | Self::ProviderAndCode => Self::ProviderAndCode,
            Self::Password | Self::PasswordAndCode | Self::Passkey => Self::PasswordAndCode,
        }
    }

    /// As it is stored.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::PasswordAndCode => "password-and-code",
            Self::Passkey => "passkey",
            Self::Provider => "provider",
            Self::ProviderAndCode => "provider-and-code",
        }
    }

    /// One that has been stored; what is unknown proves the least.
    pub(crate) fn stored(text: &str) -> Self {
        match text {
            "password-and-code" => Self::PasswordAndCode,
            "passkey" => Self::Passkey,
            "provider" => Self::Provider,
            "provider-and-code" => Self::ProviderAndCode,
            _ => Self::Password,
        }
    }
}

impl Proof {
    /// One that has been stored.
    pub(crate) fn stored(method: &str, at_ms: i64) -> Self {
        Self {
            method: Method::stored(method),
            at: Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_comes_back_as_stored_and_an_unknown_one_proves_the_least() {
        for method in [
            Method::Password,
            Method::PasswordAndCode,
            Method::Passkey,
            Method::Provider,
            Method::ProviderAndCode,
        ] {
            assert_eq!(Method::stored(method.as_str()), method);
        }
        assert_eq!(Method::stored("retina"), Method::Password);
        assert!(!Method::Password.is_two_factors() && !Method::Provider.is_two_factors());
        assert!(Method::Provider.and_code().is_two_factors());
        assert!(Method::PasswordAndCode.is_two_factors() && Method::Passkey.is_two_factors());
    }
}
