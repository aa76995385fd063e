//! Compares one operation before and after: how it is called, by whom, and what it answers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Change, Direction, items, members, schema::Walk, sunset, unknown};
use crate::api::operations::{Operation, resolve};

/// Words of an operation that clients do not act on.
const HARMLESS: [&str; 5] = [
    "summary",
    "description",
    "tags",
    "externalDocs",
    "deprecated",
];

/// Words of an operation that have rules below.
const COMPARED: [&str; 6] = [
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "security",
    "servers",
];

/// Words of a parameter that have rules below, or that clients do not act on; its name is the same.
const OF_PARAMETER: [&str; 8] = [
    "name",
    "in",
    "schema",
    "required",
    "description",
    "deprecated",
    "example",
    "examples",
];

/// One operation before and after.
pub(super) struct Comparison<'a> {
    name: &'a str,
    old: Operation<'a>,
    new: Operation<'a>,
    changes: Vec<Change>,
}

impl<'a> Comparison<'a> {
    /// What has changed of it.
    pub(super) fn of(name: &'a str, old: Operation<'a>, new: Operation<'a>) -> Vec<Change> {
        let mut comparison = Self {
            name,
            old,
            new,
            changes: Vec::new(),
        };
        comparison.compare();
        comparison.changes
    }

    fn tell(&mut self, breaks: bool, what: impl Into<String>) {
        self.changes.push(Change {
            breaks,
            place: self.name.to_owned(),
            what: what.into(),
        });
    }

    fn compare(&mut self) {
        let (old, new) = (self.old.described, self.new.described);
        if old["operationId"] != new["operationId"] {
            let what = format!(
                "operationId was {}, is {}",
                old["operationId"], new["operationId"]
            );
            self.tell(true, what);
        }
        if old["deprecated"] != new["deprecated"] {
            self.tell(false, "its deprecation has changed");
        }
        if let (Some(before), Some(after)) = (sunset(&self.old), sunset(&self.new))
            && before != after
        {
            let what = format!("its sunset was {before}, is {after}");
            self.tell(after < before, what);
        }
        if self.old.inherited("servers") != self.new.inherited("servers") {
            self.tell(true, "its servers have changed");
        }
        self.security();
        self.parameters();
        self.body();
        self.responses();
        let is_known =
            |key: &str| key.starts_with("x-") || HARMLESS.contains(&key) || COMPARED.contains(&key);
        for (key, what) in unknown(old, new, is_known) {
            self.tell(
                true,
                format!("`{key}` {what}: nobody can tell what that does"),
            );
        }
    }

    /// Each way in must still be one: with the same scheme or none, for the same groups or all.
    fn security(&mut self) {
        let public = json!([{}]);
        let ways = |operation: &Operation<'a>| {
            let ways = operation.inherited("security").clone();
            if ways.as_array().is_none_or(Vec::is_empty) {
                public.clone()
            } else {
                ways
            }
        };
        let (old, new) = (ways(&self.old), ways(&self.new));
        let suffices = |way: &Value, before: &Value| {
            members(way).all(|(scheme, groups)| {
                before.get(scheme).is_some_and(|known| {
                    let is_all = items(groups).next().is_none();
                    let had_some = items(known).next().is_some();
                    is_all
                        || had_some && items(known).all(|group| items(groups).any(|it| it == group))
                })
            })
        };
        let closed = items(&old).any(|before| !items(&new).any(|way| suffices(way, before)));
        if old != new {
            self.tell(closed, format!("security was {old}, is {new}"));
        }
    }

    fn parameters(&mut self) {
        let (old, new) = (self.old.parameters(), self.new.parameters());
        for (name, before) in &old {
            let Some(after) = new.get(name) else {
                self.tell(true, format!("{name} is gone"));
                continue;
            };
            self.required(name, before, after);
            for (key, what) in unknown(before, after, |key| OF_PARAMETER.contains(&key)) {
                self.tell(true, format!("{name}: `{key}` {what}"));
            }
            self.schema(
                Direction::Request,
                name,
                &before["schema"],
                &after["schema"],
            );
        }
        for (name, after) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
            self.tell(
                after["required"] == true,
                format!("{name} is new{}", and_required(after)),
            );
        }
    }

    fn required(&mut self, name: &str, before: &Value, after: &Value) {
        let is = |it: &Value| it["required"] == true;
        if is(before) != is(after) {
            let what = if is(after) {
                "is required now"
            } else {
                "may be left out now"
            };
            self.tell(is(after), format!("{name} {what}"));
        }
    }

    fn body(&mut self) {
        let body = |it: &Operation<'a>| resolve(it.document, &it.described["requestBody"]);
        let (old, new) = (body(&self.old), body(&self.new));
        match (old.is_null(), new.is_null()) {
            (true, true) => {}
            (false, true) => self.tell(true, "the body is gone"),
            (true, false) => self.tell(
                new["required"] == true,
                format!("a body is new{}", and_required(new)),
            ),
            (false, false) => {
                self.required("the body", old, new);
                self.contents(Direction::Request, "body", old, new);
            }
        }
    }

    fn responses(&mut self) {
        let all = |it: &Operation<'a>| -> BTreeMap<&'a str, &'a Value> {
            let all = members(&it.described["responses"]);
            all.map(|(status, it_said)| (status.as_str(), resolve(it.document, it_said)))
                .collect()
        };
        let (old, new) = (all(&self.old), all(&self.new));
        for (status, before) in &old {
            let Some(after) = new.get(status) else {
                // A problem is known by its type, and `default` describes all of them.
                self.tell(
                    status.starts_with(['2', '3']),
                    format!("answer {status} is gone"),
                );
                continue;
            };
            let place = format!("answer {status}");
            self.contents(Direction::Response, &place, before, after);
            self.headers(&place, &before["headers"], &after["headers"]);
        }
        for status in new.keys().filter(|status| !old.contains_key(*status)) {
            self.tell(false, format!("answer {status} is new"));
        }
    }

    fn headers(&mut self, place: &str, old: &Value, new: &Value) {
        for (name, before) in members(old) {
            let Some(after) = new.get(name) else {
                self.tell(true, format!("{place}: the header {name} is gone"));
                continue;
            };
            let before = resolve(self.old.document, before);
            let after = resolve(self.new.document, after);
            let place = format!("{place} header {name}");
            self.schema(
                Direction::Response,
                &place,
                &before["schema"],
                &after["schema"],
            );
        }
        for (name, _) in members(new).filter(|(name, _)| old.get(name).is_none()) {
            self.tell(false, format!("{place}: the header {name} is new"));
        }
    }

    /// Bodies by their media types.
    fn contents(&mut self, direction: Direction, place: &str, old: &Value, new: &Value) {
        for (media_type, before) in members(&old["content"]) {
            match new["content"].get(media_type) {
                Some(after) => {
                    let place = format!("{place} {media_type}");
                    self.schema(direction, &place, &before["schema"], &after["schema"]);
                }
                None => self.tell(true, format!("{place}: {media_type} is gone")),
            }
        }
        let known = &old["content"];
        for (media_type, _) in members(&new["content"]).filter(|(it, _)| known.get(it).is_none()) {
            self.tell(false, format!("{place}: {media_type} is new"));
        }
    }

    fn schema(&mut self, direction: Direction, place: &str, old: &Value, new: &Value) {
        let mut walk = Walk::new(direction, self.old.document, self.new.document);
        walk.compare(place, old, new);
        for (place, breaks, what) in walk.found {
            self.tell(breaks, format!("{place} {what}"));
        }
    }
}

fn and_required(value: &Value) -> &'static str {
    if value["required"] == true {
        ", and required"
    } else {
        ""
    }
}
