//! What has changed between two states of an API, and whether it breaks clients. The rules stand in
//! `docs/versions.md`. `operation` compares one operation, `schema` what its requests and answers hold.

mod forms;
mod operation;
mod schema;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use super::operations::{Operation, Operations, items, members};
use operation::Comparison;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    /// Whether a client that worked may fail.
    pub(crate) breaks: bool,
    /// The operation, and where in it.
    pub(crate) place: String,
    pub(crate) what: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = if self.breaks { "BREAKS" } else { "harmless" };
        write!(f, "{effect:8} {}: {}", self.place, self.what)
    }
}

/// Which way a value goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// From clients: what they may say they must be able to say on.
    Request,
    /// To clients: nothing may come that could not come before.
    Response,
}

/// All changes from `old` to `new`; `today` as `2026-12-31`.
pub(crate) fn changes(old: &Operations<'_>, new: &Operations<'_>, today: &str) -> Vec<Change> {
    let mut all = Vec::new();
    for (name, before) in old {
        match new.get(name) {
            Some(after) => all.extend(Comparison::of(name, *before, *after)),
            None => {
                let sunset = sunset(before).filter(|_| before.described["deprecated"] == true);
                let what = match sunset {
                    Some(day) if day <= today => format!("it is gone, as announced for {day}"),
                    _ => "it is gone".to_owned(),
                };
                all.push(Change {
                    breaks: sunset.is_none_or(|day| day > today),
                    place: name.clone(),
                    what,
                });
            }
        }
    }
    let added = new.keys().filter(|name| !old.contains_key(*name));
    all.extend(added.map(|name| Change {
        breaks: false,
        place: name.clone(),
        what: "it is new".to_owned(),
    }));
    all
}

fn sunset<'a>(operation: &Operation<'a>) -> Option<&'a str> {
    operation.described["x-edge"]["deprecation"]["sunset"].as_str()
}

/// The members outside of those known that one side has and the other has not, or has otherwise.
fn unknown<'v>(
    old: &'v Value,
    new: &'v Value,
    is_known: impl Fn(&str) -> bool,
) -> Vec<(&'v str, &'static str)> {
    let mut found = BTreeMap::new();
    for (key, value) in members(old) {
        match new.get(key) {
            None => drop(found.insert(key.as_str(), "is gone")),
            Some(now) if now != value => drop(found.insert(key, "has changed")),
            Some(_) => {}
        }
    }
    let added = members(new).filter(|(key, _)| old.get(key).is_none());
    found.extend(added.map(|(key, _)| (key.as_str(), "is new")));
    found
        .into_iter()
        .filter(|(key, _)| !is_known(key))
        .collect()
}
