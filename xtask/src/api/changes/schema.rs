//! Compares schemas (JSON Schema 2020-12, as OpenAPI 3.1 has it). What clients send may not get narrower, what they
//! read may not get wider. `forms` makes schemas comparable.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Direction,
    forms::{ANYTHING, Form, LOWER, UPPER, forms, kind},
    items, members, unknown,
};

/// How deep schemas are followed that refer to nothing but lie in each other.
const MAX_DEPTH: usize = 32;

/// What holds or does not; of two that differ nobody can tell which lets more through.
const ALL_OR_NOTHING: [&str; 6] = [
    "pattern",
    "format",
    "multipleOf",
    "uniqueItems",
    "contentEncoding",
    "contentMediaType",
];

/// What is looked at otherwise.
const COMPARED: [&str; 8] = [
    "type",
    "enum",
    "default",
    "properties",
    "required",
    "additionalProperties",
    "propertyNames",
    "items",
];

/// What a change does to the values that a schema describes.
#[derive(Clone, Copy)]
enum Effect {
    Fewer,
    More,
    Unclear,
}

/// A comparison of two schemas and of what they hold.
#[derive(Clone)]
pub(super) struct Walk<'a> {
    direction: Direction,
    /// The documents.
    old: &'a Value,
    new: &'a Value,
    /// Pairs that were met before: a schema may hold itself.
    seen: BTreeSet<(String, String)>,
    depth: usize,
    /// Where, whether it breaks clients, and what.
    pub(super) found: Vec<(String, bool, String)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(direction: Direction, old: &'a Value, new: &'a Value) -> Self {
        Self {
            direction,
            old,
            new,
            seen: BTreeSet::new(),
            depth: 0,
            found: Vec::new(),
        }
    }

    fn tell(&mut self, place: &str, effect: Effect, what: String) {
        let breaks = match effect {
            Effect::Fewer => self.direction == Direction::Request,
            Effect::More => self.direction == Direction::Response,
            Effect::Unclear => true,
        };
        self.found.push((place.to_owned(), breaks, what));
    }

    /// Compares two schemas, whatever forms they have.
    pub(super) fn compare(&mut self, place: &str, old: &Value, new: &Value) {
        let pair = (old.to_string(), new.to_string());
        if self.depth == MAX_DEPTH || !self.seen.insert(pair) {
            return;
        }
        self.depth += 1;
        let (before, mut after) = (forms(self.old, old), forms(self.new, new));
        if let ([was], [is]) = (&before[..], &after[..])
            && !may_be_one(was, is)
        {
            self.tell(
                place,
                Effect::Unclear,
                format!("was {}, is {}", kind(was), kind(is)),
            );
        } else {
            for was in &before {
                match self.nearest(was, &after) {
                    Some(at) => {
                        let is = after.swap_remove(at);
                        self.form(place, was, &is);
                    }
                    None => self.tell(place, Effect::Fewer, format!("is never {} now", kind(was))),
                }
            }
            for is in &after {
                self.tell(place, Effect::More, format!("may be {} now", kind(is)));
            }
        }
        self.depth -= 1;
    }

    /// The form that has become of this one: that which differs least.
    fn nearest(&self, was: &Form, after: &[Form]) -> Option<usize> {
        let candidates: Vec<_> = (0..after.len())
            .filter(|at| may_be_one(was, &after[*at]))
            .collect();
        if let [only] = candidates[..] {
            return Some(only);
        }
        candidates.into_iter().min_by_key(|at| {
            let mut trial = self.clone();
            trial.found.clear();
            trial.form("", was, &after[*at]);
            let broken = trial.found.iter().filter(|(_, breaks, _)| *breaks).count();
            (broken, trial.found.len())
        })
    }

    fn form(&mut self, place: &str, was: &Form, is: &Form) {
        if was.get("type") != is.get("type") {
            let effect = match (kind(was), kind(is)) {
                ("integer", "number") | (_, ANYTHING) => Effect::More,
                _ => Effect::Fewer,
            };
            self.tell(place, effect, format!("was {}, is {}", kind(was), kind(is)));
        }
        for key in LOWER {
            self.bound(place, key, was, is, |old, new| new > old);
        }
        for key in UPPER {
            self.bound(place, key, was, is, |old, new| new < old);
        }
        for key in ALL_OR_NOTHING {
            self.bound(place, key, was, is, |_, _| false);
        }
        self.values(place, was, is);
        if was.get("default") != is.get("default") && self.direction == Direction::Request {
            let what = "means something else when it is left out".to_owned();
            self.tell(place, Effect::Unclear, what);
        }
        self.members(place, was, is);
        for key in ["items", "propertyNames"] {
            let [old, new] = [was, is].map(|form| form.get(key).unwrap_or(&Value::Null));
            self.compare(&format!("{place}/{key}"), old, new);
        }
        let is_known = |key: &str| {
            let compared = [&LOWER[..], &UPPER[..], &ALL_OR_NOTHING[..], &COMPARED[..]];
            compared.iter().any(|list| list.contains(&key))
        };
        let [old, new] = [was, is].map(|form| Value::Object(form.clone()));
        for (key, what) in unknown(&old, &new, is_known) {
            let what = format!("`{key}` {what}: nobody can tell what that does");
            self.tell(place, Effect::Unclear, what);
        }
    }

    /// A keyword that excludes values where it stands.
    fn bound(
        &mut self,
        place: &str,
        key: &str,
        was: &Form,
        is: &Form,
        excludes: fn(f64, f64) -> bool,
    ) {
        let (old, new) = (was.get(key), is.get(key));
        if old == new {
            return;
        }
        let (effect, what) = match (old, new) {
            (None, Some(new)) => (Effect::Fewer, format!("has `{key}` {} now", short(new))),
            (Some(old), None) => (
                Effect::More,
                format!("has no `{key}` {} any more", short(old)),
            ),
            (old, new) => {
                let (old, new) = (old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null));
                let what = format!("`{key}` was {}, is {}", short(old), short(new));
                (effect_of(key, old, new, excludes), what)
            }
        };
        self.tell(place, effect, what);
    }

    /// The values that are listed.
    fn values(&mut self, place: &str, was: &Form, is: &Form) {
        match (was.get("enum"), is.get("enum")) {
            (Some(old), Some(new)) => {
                let missing = |list: &Value, value: &Value| items(list).all(|it| it != value);
                for gone in items(old).filter(|value| missing(new, value)) {
                    self.tell(place, Effect::Fewer, format!("is never {gone} now"));
                }
                for added in items(new).filter(|value| missing(old, value)) {
                    self.tell(place, Effect::More, format!("may be {added} now"));
                }
            }
            (None, Some(new)) => self.tell(place, Effect::Fewer, format!("is one of {new} now")),
            (Some(old), None) => self.tell(place, Effect::More, format!("is not only {old} now")),
            (None, None) => {}
        }
    }

    /// The members of objects. What is added to an answer breaks nobody: clients overlook what they do not know.
    fn members(&mut self, place: &str, was: &Form, is: &Form) {
        let is_request = self.direction == Direction::Request;
        let [old, new] = [was, is].map(|form| form.get("properties").unwrap_or(&Value::Null));
        let required = |form: &Form, name: &str| {
            items(form.get("required").unwrap_or(&Value::Null)).any(|it| it == name)
        };
        for (name, before) in members(old) {
            let inner = format!("{place}/{name}");
            match new.get(name) {
                Some(after) => self.compare(&inner, before, after),
                None => self.found.push((inner.clone(), true, "is gone".into())),
            }
            let (had_to, has_to) = (required(was, name), required(is, name));
            if had_to != has_to && new.get(name).is_some() {
                let what = if has_to {
                    "is required now"
                } else {
                    "may be missing now"
                };
                self.found.push((inner, has_to == is_request, what.into()));
            }
        }
        for (name, _) in members(new).filter(|(name, _)| old.get(name).is_none()) {
            let has_to = required(is, name);
            let what = if has_to {
                "is new, and required"
            } else {
                "is new"
            };
            let inner = format!("{place}/{name}");
            self.found.push((inner, has_to && is_request, what.into()));
        }
        let open = Value::Bool(true);
        let [old, new] = [was, is].map(|form| form.get("additionalProperties").unwrap_or(&open));
        match (old == false, new == false) {
            (false, false) => self.compare(&format!("{place}/*"), old, new),
            (true, true) => {}
            (was_closed, _) => {
                let what = if was_closed { "takes" } else { "refuses" };
                let what = format!("{what} members that it does not name now");
                self.found
                    .push((place.to_owned(), is_request && !was_closed, what));
            }
        }
    }
}

/// A value, or how it begins: patterns are long.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Whether one form may have become the other.
fn may_be_one(was: &Form, is: &Form) -> bool {
    let numbers = ["integer", "number"];
    let (was, is) = (kind(was), kind(is));
    was == is || [was, is].contains(&ANYTHING) || numbers.contains(&was) && numbers.contains(&is)
}

fn effect_of(key: &str, old: &Value, new: &Value, excludes: fn(f64, f64) -> bool) -> Effect {
    match (key, old.as_str(), new.as_str()) {
        ("format", Some("int32"), Some("int64")) | ("format", Some("float"), Some("double")) => {
            Effect::More
        }
        ("format", Some("int64"), Some("int32")) | ("format", Some("double"), Some("float")) => {
            Effect::Fewer
        }
        _ if ALL_OR_NOTHING.contains(&key) => Effect::Unclear,
        _ => match (old.as_f64(), new.as_f64()) {
            (Some(old), Some(new)) if excludes(old, new) => Effect::Fewer,
            (Some(_), Some(_)) => Effect::More,
            _ => Effect::Unclear,
        },
    }
}
