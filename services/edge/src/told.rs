//! What a client is told of its limits: `RateLimit-Policy` says what there is, `RateLimit` what is left
//! (draft-ietf-httpapi-ratelimit-headers-11). Members of plans are told with every answer, others when
//! they are refused.

use std::{fmt::Write, time::Duration};

use axum::response::Response;
use http::{HeaderName, HeaderValue};
use kit::http::Problem;

use crate::{limit::Limit, plan::Plan};

pub(crate) const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(crate) const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What the bucket of a plan is called.
const BURST: &str = "burst";

/// What a member of a plan is told.
pub(crate) struct Told {
    policy: HeaderValue,
    left: HeaderValue,
}

impl Told {
    /// So many tokens are left, and so many requests were counted of a day that lasts for `rest`.
    pub(crate) fn new(plan: &Plan, left: u32, count: u64, rest: Duration) -> Self {
        let in_day = plan.per_day.map(|most| most.saturating_sub(count));
        let mut text = item(BURST, left, seconds(plan.limit.full_in(left)));
        if let Some(in_day) = in_day {
            // A `String` takes all that is written.
            let _ = write!(text, ", {}", item("day", in_day, rest.as_secs()));
        }
        Self {
            policy: plan.policy.clone(),
            left: value(text),
        }
    }

    /// Nothing is left of the day.
    pub(crate) fn used_up(plan: &Plan, left: u32, rest: Duration) -> Self {
        Self::new(plan, left, u64::MAX, rest)
    }

    pub(crate) fn to(self, mut answer: Response) -> Response {
        let headers = answer.headers_mut();
        headers.insert(RATELIMIT_POLICY, self.policy);
        headers.insert(RATELIMIT, self.left);
        answer
    }

    pub(crate) fn with(self, problem: Problem) -> Problem {
        let problem = problem.header(RATELIMIT_POLICY, self.policy);
        problem.header(RATELIMIT, self.left)
    }
}

/// A refusal that says which limit it is of.
pub(crate) fn tell_refusal(problem: Problem, name: &str, limit: &Limit, wait: Duration) -> Problem {
    let policy = value(bucket(name, limit));
    let left = value(item(name, 0, seconds(wait)));
    problem
        .header(RATELIMIT_POLICY, policy)
        .header(RATELIMIT, left)
}

/// The policy of a plan.
pub(crate) fn policy(limit: &Limit, per_day: Option<u64>) -> HeaderValue {
    let day = per_day.map(|most| format!(", \"day\";q={most};w=86400"));
    value(bucket(BURST, limit) + &day.unwrap_or_default())
}

fn bucket(name: &str, limit: &Limit) -> String {
    let (burst, window) = (limit.burst, seconds(limit.window()));
    format!("\"{name}\";q={burst};w={window}")
}

fn item(name: &str, left: impl std::fmt::Display, until_full_s: u64) -> String {
    format!("\"{name}\";r={left};t={until_full_s}")
}

/// In whole seconds, never too few.
fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// A name that no header takes would be told as no limit at all.
fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}
