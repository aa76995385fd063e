//! Tells callers of a deprecated operation, with every answer and every refusal, since when it is deprecated
//! (RFC 9745), how long it is served (RFC 8594) and what follows it (RFC 5829). Must stand outside of all that
//! refuses.

use std::sync::Arc;

use axum::{extract::Request, response::Response};
use http::{HeaderName, HeaderValue, header};
use jiff::{civil::Date, fmt::rfc2822::DateTimePrinter, tz::TimeZone};
use serde::Deserialize;

use crate::middleware::{Before, Middleware};

pub(crate) const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
pub(crate) const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// `x-edge.deprecation` as it stands in a document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Since when, at midnight UTC.
    since: Date,
    /// Until when it is served at least, at midnight UTC.
    sunset: Date,
    /// The path of the operation that follows it, below the same base path, with no other parameters than its own.
    successor: Box<str>,
}

/// What callers of one deprecated operation are told.
#[derive(Clone)]
pub(crate) struct Deprecation(Arc<Told>);

struct Told {
    since: HeaderValue,
    sunset: HeaderValue,
    template: Arc<str>,
    successor: Box<str>,
}

impl Spec {
    /// What is told of the operation with this template, in a document with this base path.
    pub(crate) fn of(self, base: &str, template: &str) -> Result<Deprecation, String> {
        if self.sunset <= self.since {
            return Err("`sunset` is a day after `since`".into());
        }
        let own: Vec<&str> = template.split('/').collect();
        let mut parameters = self.successor.split('/').filter(|it| it.starts_with('{'));
        if let Some(unknown) = parameters.find(|it| !own.contains(it)) {
            return Err(format!(
                "`successor` has {unknown}, which this path has not"
            ));
        }
        let midnight = |date: Date| {
            let midnight = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0));
            midnight.map_err(|fault| fault.to_string())
        };
        let since = format!("@{}", midnight(self.since)?.as_second());
        let sunset = DateTimePrinter::new().timestamp_to_rfc9110_string(&midnight(self.sunset)?);
        let sunset = sunset.map_err(|fault| fault.to_string())?;
        let value = |text: String| HeaderValue::try_from(text).map_err(|fault| fault.to_string());
        Ok(Deprecation(Arc::new(Told {
            since: value(since)?,
            sunset: value(sunset)?,
            template: template.into(),
            successor: format!("{base}{}", self.successor).into(),
        })))
    }
}

impl Deprecation {
    /// The template of the operation that follows.
    pub(crate) fn successor(&self) -> &str {
        &self.0.successor
    }
}

impl Told {
    /// Where the successor answers this request: its path with the parameters of this one.
    fn link(&self, path: &str) -> Option<HeaderValue> {
        let own = || self.template.split('/').zip(path.split('/'));
        let segment = |part| own().find(|(it, _)| *it == part).map_or(part, |(_, it)| it);
        let parts: Vec<&str> = self.successor.split('/').map(segment).collect();
        let path = parts.join("/");
        let link = format!(
            "<{path}>; rel=\"successor-version\", </docs>; rel=\"deprecation\"; type=\"text/html\""
        );
        HeaderValue::try_from(link).ok()
    }
}

impl Middleware for Deprecation {
    type Kept = (Self, Option<HeaderValue>);

    fn before(&self, request: Request) -> Before<Self::Kept> {
        let link = self.0.link(request.uri().path());
        Before::Pass(request, (self.clone(), link))
    }

    fn after((Self(told), link): Self::Kept, mut answer: Response) -> Response {
        let headers = answer.headers_mut();
        headers.insert(DEPRECATION, told.since.clone());
        headers.insert(SUNSET, told.sunset.clone());
        // Beside those of the service, if it has any.
        link.map(|link| headers.append(header::LINK, link));
        answer
    }
}
