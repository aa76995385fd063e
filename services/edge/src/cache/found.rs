//! How an answer was found: `Server-Timing` tells its client, a metric everybody.

use http::HeaderValue;

/// How an answer was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It was kept, or somebody else was having it fetched.
    Hit,
    /// It was fetched for this request.
    Miss,
    /// It was kept and is older than it should be.
    Stale,
    /// It was fetched because the caller asked for that.
    Refreshed,
    /// It cannot be kept.
    Passed,
}

impl Found {
    pub(crate) const ALL: [Self; 5] = [
        Self::Hit,
        Self::Miss,
        Self::Stale,
        Self::Refreshed,
        Self::Passed,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Stale => "stale",
            Self::Refreshed => "refreshed",
            Self::Passed => "passed",
        }
    }

    pub(crate) fn timing(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Hit => "cache;desc=hit",
            Self::Miss => "cache;desc=miss",
            Self::Stale => "cache;desc=stale",
            Self::Refreshed => "cache;desc=refreshed",
            Self::Passed => "cache;desc=passed",
        })
    }
}
