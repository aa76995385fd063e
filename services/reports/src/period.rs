//! The days that a report is about.

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Error;

/// How many days a period may have.
pub(crate) const LONGEST: i32 = 366;

/// How many days it has unless told.
const USUAL: i64 = 30;

/// Which days, in UTC.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Days {
    /// The first day, e.g. `2026-03-01`; unless told, 29 days before the last one.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) from: Option<Date>,
    /// The last day; today unless told. A period has 366 days at most.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) to: Option<Date>,
}

/// From the first day to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Period {
    /// The period that was asked for; [`Error::BadPeriod`] where it ends before it begins, or is too long.
    pub(crate) fn asked(days: Days, now: Timestamp) -> Result<Self, Error> {
        let to = days
            .to
            .unwrap_or_else(|| TimeZone::UTC.to_datetime(now).date());
        let from = days
            .from
            .unwrap_or_else(|| to.saturating_sub(Span::new().days(USUAL - 1)));
        let length = to.since(from).map_or(0, |span| span.get_days() + 1);
        match (1..=LONGEST).contains(&length) {
            true => Ok(Self { from, to }),
            false => Err(Error::BadPeriod),
        }
    }
}
