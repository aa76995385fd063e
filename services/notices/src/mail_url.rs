//! Where letters go, as one setting.

use std::{borrow::Cow, fmt, path::PathBuf, str::FromStr};

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// The forms, for whoever has another one.
const FORMS: &str = "expected file:<folder>, smtp://user:password@host:587 or smtps://user:password@host:465, \
                     with ?root=<PEM file>, or smtp://host:25?tls=off without a user";

/// A folder, or a mail server. It is shown without its password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MailUrl {
    /// A folder, made when missing: a file a letter.
    Folder(PathBuf),
    /// A mail server that takes letters for others (a submission server, RFC 6409).
    Server(Server),
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) user: Option<(String, SecretString)>,
    /// The PEM file of who may vouch for it, in place of the platform's authorities.
    pub(crate) root: Option<PathBuf>,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    /// By TLS from the first byte on (RFC 8314 §3.3).
    Tls,
    /// By TLS before anything is told (RFC 3207).
    StartTls,
    /// Not at all.
    Off,
}

impl FromStr for MailUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("file", folder)) if !folder.is_empty() => Ok(Self::Folder(folder.into())),
            _ => server(text).map(Self::Server).ok_or(FORMS),
        }
    }
}

fn server(text: &str) -> Option<Server> {
    let url = Url::parse(text).ok()?;
    let (mut security, port) = match url.scheme() {
        "smtps" => (Security::Tls, 465),
        "smtp" => (Security::StartTls, 587),
        _ => return None,
    };
    let mut root = None;
    for (name, value) in url.query_pairs() {
        match (&*name, &*value) {
            ("tls", "off") if security == Security::StartTls => security = Security::Off,
            ("root", file) if !file.is_empty() => root = Some(file.into()),
            _ => return None,
        }
    }
    let user = match (url.username(), url.password()) {
        ("", None) => None,
        (user, Some(password)) if !user.is_empty() => {
            Some((decoded(user)?, decoded(password)?.into()))
        }
        _ => return None,
    };
    // Nobody shows a password, or believes an authority, in the clear.
    let is_open = security == Security::Off;
    if (is_open && (user.is_some() || root.is_some())) || !["", "/"].contains(&url.path()) {
        return None;
    }
    Some(Server {
        host: url.host_str().filter(|host| !host.is_empty())?.to_owned(),
        port: url.port().unwrap_or(port),
        security,
        user,
        root,
    })
}

fn decoded(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok();
    decoded.map(Cow::into_owned)
}

impl fmt::Display for MailUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "file:{}", folder.display()),
            Self::Server(server) => {
                let scheme = if server.security == Security::Tls {
                    "smtps"
                } else {
                    "smtp"
                };
                write!(f, "{scheme}://{}:{}", server.host, server.port)
            }
        }
    }
}

impl TryFrom<String> for MailUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MailUrl> for String {
    fn from(url: MailUrl) -> Self {
        url.to_string()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn server(text: &str) -> Server {
        match text.parse() {
            Ok(MailUrl::Server(server)) => server,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_server_is_reached_as_its_url_says_and_shown_without_its_password() {
        let text = "smtps://AKIA:se%2Fcret%2B@mail.example?root=/etc/ca.pem";

        let own = server(text);

        assert_eq!((&*own.host, own.port), ("mail.example", 465));
        assert_eq!(own.security, Security::Tls);
        assert_eq!(own.root, Some("/etc/ca.pem".into()));
        let (user, password) = own.user.clone().unwrap();
        assert_eq!((&*user, password.expose_secret()), ("AKIA", "se/cret+"));
        let shown = format!("{own:?} {}", MailUrl::Server(own.clone()));
        assert!(shown.ends_with("smtps://mail.example:465"), "{shown}");
        assert!(!shown.contains("cret+"), "{shown}");
    }

    #[test]
    fn a_server_without_tls_has_to_be_asked_for() {
        assert_eq!(server("smtp://mail.example").security, Security::StartTls);
        assert_eq!(server("smtp://mail.example").port, 587);
        let open = server("smtp://127.0.0.1:2525?tls=off");
        assert_eq!((open.security, open.port), (Security::Off, 2525));
    }

    #[test]
    fn anything_else_is_refused_and_not_shown() {
        for text in [
            "",
            "file:",
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://secret@mail.example",
            "smtp://:secret@mail.example",
            "smtp://user:secret@mail.example?tls=off",
            "smtps://user:secret@mail.example?tls=off",
            "smtp://user:secret@mail.example?tls=maybe",
            "smtp://mail.example/path",
            "smtp://127.0.0.1?tls=off&root=/etc/ca.pem",
        ] {
            let refused = text.parse::<MailUrl>().unwrap_err();
            assert_eq!(refused, FORMS, "{text}");
        }
    }
}
