//! What a document says of keeping an operation's answers: `x-edge.cache`.

use std::{hash::BuildHasher, sync::Arc, time::Duration};

use foldhash::quality::FixedState;
use http::{HeaderName, Method};
use serde::Deserialize;
use serde_json::Value;

use crate::operation::Access;

/// The longest times that a document may ask for, in seconds.
const LONGEST_S: u64 = 24 * 60 * 60;

/// The key in a document. Unknown keys are refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// How long an answer is good, unless it says less itself.
    ttl_s: u64,
    /// Whom an answer is for.
    #[serde(default)]
    pub(crate) scope: Scope,
    /// How much longer it is answered while another is fetched.
    #[serde(default)]
    stale_while_revalidate_s: u64,
    /// How much longer it is answered when no other can be had.
    #[serde(default)]
    stale_if_error_s: u64,
    /// What it is made of: it is forgotten as soon as one of these tags is named.
    #[serde(default)]
    tags: Vec<Arc<str>>,
}

/// Whom an answer is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// Everybody: the service is not told who calls.
    Public,
    /// Who asked.
    #[default]
    Principal,
}

/// How an operation's answers are kept.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) ttl: Duration,
    pub(crate) scope: Scope,
    pub(crate) while_revalidate: Duration,
    pub(crate) if_error: Duration,
    pub(crate) tags: Vec<Arc<str>>,
    /// Stands for what the key is made of: nobody is answered what was kept under other rules.
    pub(crate) shape: [u8; 8],
    /// The parameters that the document declares, all of which are part of the key.
    pub(crate) query: Vec<Box<str>>,
    pub(crate) headers: Vec<HeaderName>,
}

/// What else the document says of the operation.
pub(crate) struct Of<'a> {
    pub(crate) method: &'a Method,
    pub(crate) access: &'a Access,
    pub(crate) is_stream: bool,
    pub(crate) parameters: &'a [Value],
}

impl Rules {
    pub(crate) fn is_public(&self) -> bool {
        self.scope == Scope::Public
    }
}

impl Spec {
    /// The rules for this operation; otherwise why it can have none.
    pub(crate) fn rules(self, of: &Of<'_>) -> Result<Rules, &'static str> {
        if *of.method != Method::GET || of.is_stream {
            return Err("only answers to a GET are kept, and no streams");
        }
        if self.scope == Scope::Public && *of.access != Access::Public {
            return Err("the scope is public, but not everybody may call");
        }
        let declared = |location: &'static str| {
            let parameters = of.parameters.iter();
            let those = parameters.filter(move |it| it["in"] == location);
            those.filter_map(|parameter| parameter["name"].as_str())
        };
        if declared("cookie").next().is_some() {
            return Err("an answer that depends on a cookie is not kept");
        }
        let times = [self.stale_while_revalidate_s, self.stale_if_error_s];
        if !(1..=LONGEST_S).contains(&self.ttl_s) || times.iter().any(|it| *it > LONGEST_S) {
            return Err("times are at most 86400 s, and ttl_s is at least 1");
        }
        let headers = declared("header").map(|name| HeaderName::from_bytes(name.as_bytes()));
        let headers: Result<Vec<_>, _> = headers.collect();
        let headers = headers.map_err(|_| "a header parameter has a name that is none")?;
        let query: Vec<Box<str>> = declared("query").map(Box::from).collect();
        let shape = FixedState::default().hash_one((self.scope, &query, &headers));
        Ok(Rules {
            shape: shape.to_le_bytes(),
            ttl: Duration::from_secs(self.ttl_s),
            scope: self.scope,
            while_revalidate: Duration::from_secs(self.stale_while_revalidate_s),
            if_error: Duration::from_secs(self.stale_if_error_s),
            tags: self.tags,
            query,
            headers,
        })
    }
}
