//! A letter as mail: text and HTML, and headers that nobody else's text can break.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use askama::Template;
use jiff::{Timestamp, fmt::strtime};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};

use crate::{
    letter::{Letter, Opener},
    site::Site,
    store::Sealed,
    wording::{Wording, greeting, wording},
};

/// Writes letters.
pub(crate) struct Writer {
    pub(crate) opener: Opener,
    pub(crate) site: Site,
    pub(crate) from: Mailbox,
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct Text<'a> {
    greeting: &'a str,
    words: &'a Wording,
    home: &'a str,
    at: &'a str,
}

/// The same, where what is not ours is escaped.
#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    greeting: &'a str,
    words: &'a Wording,
    home: &'a str,
    at: &'a str,
}

impl Writer {
    /// The mail, or why there can be none; that tells nothing of what is in it. The same letter has the
    /// same `Message-ID` each time, by which mail programs see that it came twice.
    pub(crate) fn write(&self, sealed: &Sealed) -> Result<Message, &'static str> {
        let letter = self.opener.open(&sealed.sealed)?;
        let to = address(&letter).ok_or("its address is none")?;
        let words = wording(&letter.kind, &self.site);
        let greeting = greeting(&letter.name);
        let (home, at) = (self.site.page(""), shown(sealed.at));
        let (greeting, words, home, at) = (&*greeting, &words, &*home, &*at);
        let text = Text {
            greeting,
            words,
            home,
            at,
        };
        let html = Html {
            greeting,
            words,
            home,
            at,
        };
        let unwritable = "it cannot be written";
        let text = text.render().map_err(|_| unwritable)?;
        let html = html.render().map_err(|_| unwritable)?;
        let id = format!("<{}@{}>", sealed.id, self.from.email.domain());
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(words.subject)
            .message_id(Some(id))
            .date(system_time(sealed.at))
            // Whoever is away does not answer it (RFC 3834 §5).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(|_| unwritable)
    }
}

/// Where the letter goes: the domain as mail servers know it (RFC 5891). What is before the `@` stays as
/// it is, and needs a server that takes such (RFC 6531).
fn address(letter: &Letter) -> Option<Address> {
    let (local, domain) = letter.to.rsplit_once('@')?;
    Address::new(local, idna::domain_to_ascii(domain).ok()?).ok()
}

fn system_time(at: Timestamp) -> SystemTime {
    let since_s = u64::try_from(at.as_second()).unwrap_or(0);
    UNIX_EPOCH + Duration::from_secs(since_s)
}

/// A time as people read it.
fn shown(at: Timestamp) -> String {
    strtime::format("%-d %B %Y at %H:%M UTC", at).unwrap_or_default()
}
