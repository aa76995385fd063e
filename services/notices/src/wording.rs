//! What each kind of letter says. The pages that links lead to are those of `web/`.

use std::borrow::Cow;

use crate::{
    letter::{Factor, Group, Kind},
    site::Site,
};

/// The page of an account's password, factors and sessions.
const SECURITY: &str = "/account/security";

/// The words of a letter.
pub(crate) struct Wording {
    pub(crate) subject: &'static str,
    /// What happened, or what to do.
    pub(crate) text: Cow<'static, str>,
    pub(crate) link: Option<Link>,
    /// What else there is to know.
    pub(crate) hint: &'static str,
}

/// A link to a page of the shop.
pub(crate) struct Link {
    pub(crate) label: &'static str,
    pub(crate) url: String,
}

const NOT_YOU: &str =
    "If it was you, all is well. If not, change your password at once, and look at your sessions.";
const ASK: &str = "If you did not expect this, ask whoever runs the shop.";
const ONCE: &str =
    "The link works once. If you did not ask for it, ignore this letter: nothing changes.";

/// What a letter of this kind says.
pub(crate) fn wording(kind: &Kind, site: &Site) -> Wording {
    let to_do = |subject, text: &'static str, label, url| Wording {
        subject,
        text: text.into(),
        link: Some(Link { label, url }),
        hint: ONCE,
    };
    let happened = |subject, text: Cow<'static, str>| Wording {
        subject,
        text,
        link: Some(Link {
            label: "Look at your account",
            url: site.page(SECURITY),
        }),
        hint: NOT_YOU,
    };
    match kind {
        Kind::VerifyAddress { token } => to_do(
            "Confirm your address",
            "Please confirm that this e-mail address is yours.",
            "Confirm the address",
            site.page_with("/verify", token.as_str()),
        ),
        Kind::ResetPassword { token } => to_do(
            "Choose a new password",
            "Somebody asked for a new password for your account. The link is good for 15 minutes.",
            "Choose a new password",
            site.page_with("/reset", token.as_str()),
        ),
        Kind::ConfirmAddress { token } => to_do(
            "Confirm your new address",
            "Your account is to have this e-mail address from now on. Please confirm that it is yours.",
            "Confirm the address",
            site.page_with("/confirm", token.as_str()),
        ),
        Kind::PasswordChanged => happened(
            "Your password was changed",
            "The password of your account was changed.".into(),
        ),
        Kind::AddressChangeAsked => happened(
            "Your address is about to change",
            "Your account is to have another e-mail address. It has this one until the other is confirmed.".into(),
        ),
        Kind::AddressChanged => happened(
            "Your address was changed",
            "Your account has another e-mail address from now on.".into(),
        ),
        Kind::FactorAdded { factor } => happened(
            "A way to sign in was added",
            format!("{} was added to your account.", of(*factor)).into(),
        ),
        Kind::FactorRemoved { factor } => happened(
            "A way to sign in was removed",
            format!("{} was removed from your account.", of(*factor)).into(),
        ),
        Kind::RecoveryCodesMade => happened(
            "You have new recovery codes",
            "New recovery codes were made for your account. The old ones no longer work.".into(),
        ),
        Kind::TokenReused => happened(
            "We have ended one of your sessions",
            "Two devices used the same session, which happens when it is stolen, so we have ended it. \
             Please sign in again."
                .into(),
        ),
        Kind::ProviderLinked { provider } => happened(
            "A way to sign in was added",
            match plain(provider) {
                Some(provider) => format!("You can sign in to your account with {provider}.").into(),
                None => "You can sign in to your account with another provider.".into(),
            },
        ),
        Kind::ProviderUnlinked { provider } => happened(
            "A way to sign in was removed",
            match plain(provider) {
                Some(provider) => format!("You can no longer sign in with {provider}.").into(),
                None => "You can no longer sign in with another provider.".into(),
            },
        ),
        Kind::GroupGiven { group } => Wording {
            hint: ASK,
            ..happened(
                "You can do more in the shop",
                format!("Your account is one of {} from now on. Sign in again to use it.", those(*group)).into(),
            )
        },
        Kind::GroupTaken { group } => Wording {
            hint: ASK,
            ..happened(
                "You can do less in the shop",
                format!(
                    "Your account is no longer one of {}. You are signed out everywhere; please sign in again.",
                    those(*group)
                )
                .into(),
            )
        },
        Kind::FactorsReset => Wording {
            hint: "If you did not ask for it, change your password at once, and add a second factor again.",
            ..happened(
                "Your second factors were removed",
                "The shop has removed app, passkeys and recovery codes of your account. Your password alone signs in \
                 until you add a second factor."
                    .into(),
            )
        },
        Kind::AccountDeleted => Wording {
            subject: "Your account was deleted",
            text: "Your account is gone, and what we kept of you with it, but for what the law has us keep of your orders.".into(),
            link: None,
            hint: "This is our last letter to you.",
        },
    }
}

fn those(group: Group) -> &'static str {
    match group {
        Group::Staff => "the staff of the shop",
        Group::Manager => "the managers of the shop",
    }
}

fn of(factor: Factor) -> &'static str {
    match factor {
        Factor::Authenticator => "An app that shows codes",
        Factor::Passkey => "A passkey",
    }
}

/// How a letter begins.
pub(crate) fn greeting(name: &str) -> String {
    match plain(name) {
        Some(name) => format!("Hello {name},"),
        None => "Hello,".to_owned(),
    }
}

/// Text of somebody else that says nothing but a name. Whoever signs up with a stranger's address could
/// else have us write to the stranger: mail programs make links of what looks like one.
fn plain(text: &str) -> Option<&str> {
    let is_plain = |c: char| c.is_alphanumeric() || " '\u{2019}-".contains(c);
    let is_short = text.chars().count() <= 40;
    (is_short && !text.is_empty() && text.chars().all(is_plain)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_greets_and_advertises_nothing() {
        for name in [
            "Rose",
            "Ren\u{e9}e O\u{2019}Neil-Gardener",
            "\u{674e}\u{96f7}",
        ] {
            assert_eq!(greeting(name), format!("Hello {name},"));
        }
        for name in [
            "",
            "Win at evil.example",
            "https://evil.example",
            "evil\u{3002}example",
            "Rose <b>",
            "Rose\r\nBcc: lily@garden.example",
            &"a long advertisement ".repeat(3),
        ] {
            assert_eq!(greeting(name), "Hello,", "{name}");
        }
    }
}
