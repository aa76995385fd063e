//! What is well-formed and yet a mistake. [`Roles::faults`] are words that the system does not know, with
//! which a policy means something else than it says; [`Roles::advice`] is what the list of operations
//! tells of it.

use std::sync::Arc;

use crate::{
    decision::View,
    document::Policy,
    roles::{RoleSet, Roles},
    statement::{Effect, Statement},
    template::Case,
};

/// The words that a system knows.
#[derive(Clone, Copy)]
pub struct Vocabulary<'a> {
    /// Its actions.
    pub actions: &'a [&'a str],
    /// The keys of its requests.
    pub keys: &'a [Key<'a>],
}

/// A key of a system's requests.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    name: &'a str,
    /// Whether a request may have several values of it.
    several: bool,
}

impl<'a> Key<'a> {
    /// One of which a request has at most one value.
    pub const fn one(name: &'a str) -> Self {
        Self {
            name,
            several: false,
        }
    }

    /// One of which a request may have several.
    pub const fn several(name: &'a str) -> Self {
        Self {
            name,
            several: true,
        }
    }
}

impl Vocabulary<'_> {
    /// What a policy says that is not known: a sentence each.
    pub fn faults(&self, policy: &Policy) -> Vec<String> {
        let statements = policy.statements.iter();
        statements.flat_map(|it| self.of_statement(it)).collect()
    }

    fn of_statement(&self, statement: &Statement) -> Vec<String> {
        let mut faults = Vec::new();
        for (text, pattern) in &statement.actions.patterns {
            let is = |action: &&str| pattern.matches(action, Case::Ignored, &());
            if !self.actions.iter().any(is) {
                let known = self.actions.join(", ");
                faults.push(format!("Action: `{text}` is no action; these are: {known}"));
            }
        }
        for (text, pattern) in &statement.resources.patterns {
            let variables = pattern.variables().filter(|key| self.key(key).is_none());
            faults.extend(
                variables.map(|key| format!("Resource: `{text}`: no request has a key `{key}`")),
            );
        }
        for condition in &statement.conditions {
            let place = format!("Condition.{}.{}", condition.operator, condition.key);
            let unknown = condition.keys().filter(|key| self.key(key).is_none());
            faults.extend(unknown.map(|key| format!("{place}: no request has a key `{key}`")));
            let own = self.key(&condition.key);
            if own.is_some_and(|own| own.several) && !condition.is_for_several() {
                faults.push(format!(
                    "{place}: it has several values: say ForAnyValue: or ForAllValues:"
                ));
            }
        }
        let place = statement.place.within();
        faults
            .into_iter()
            .map(|fault| format!("{place}: {fault}"))
            .collect()
    }

    fn key(&self, name: &str) -> Option<&Key<'_>> {
        self.keys
            .iter()
            .find(|key| key.name.eq_ignore_ascii_case(name))
    }
}

impl Roles {
    /// What policies say and the system does not know: a sentence each, with the file first.
    pub fn faults(&self, vocabulary: &Vocabulary<'_>) -> Vec<String> {
        let of = |(_, policy): (RoleSet, &Policy)| {
            let faults = vocabulary.faults(policy).into_iter();
            let name = policy.name().to_owned();
            faults.map(move |fault| format!("{name}.json: {fault}"))
        };
        self.attached().flat_map(of).collect()
    }

    /// What has no effect, and what opens more than it names, with these actions and operations.
    pub fn advice(&self, actions: &[&str], operations: &[Arc<str>]) -> Vec<String> {
        let views = actions.iter().flat_map(|action| {
            let operations = operations.iter();
            operations.map(|operation| self.view(action, operation.clone()))
        });
        let views: Vec<View> = views.collect();
        let mut advice = Vec::new();
        for (having, policy) in self.attached() {
            if having == RoleSet::default() {
                advice.push(format!("{}.json: is attached to no role", policy.name()));
                continue;
            }
            for statement in &policy.statements {
                let mut told: Vec<String> =
                    self.without_effect(statement, &views).into_iter().collect();
                told.extend(wide(statement, actions, operations));
                let place = format!("{}.json: {}", policy.name(), statement.place.within());
                advice.extend(told.into_iter().map(|it| format!("{place}: {it}")));
            }
        }
        advice
    }

    fn without_effect(&self, statement: &Arc<Statement>, views: &[View]) -> Option<String> {
        let own = |view: &View| view.roles_with(statement);
        let concerned = || views.iter().filter_map(|view| Some((view, own(view)?)));
        if concerned().next().is_none() {
            return Some("matches no operation".to_owned());
        }
        let is_denied = |(view, having): (&View, RoleSet)| {
            let mut each = having.each();
            each.all(|role| view.always_denies(self.implied_by(role)))
        };
        let unreachable = statement.effect == Effect::Allow && concerned().all(is_denied);
        unreachable
            .then(|| "is never reached: what it allows is denied to all who have it".to_owned())
    }
}

/// What an allowing statement opens beside what it names: also what does not exist yet.
fn wide(statement: &Statement, actions: &[&str], operations: &[Arc<str>]) -> Vec<String> {
    if statement.effect == Effect::Deny {
        return Vec::new();
    }
    let mut told = Vec::new();
    if statement.actions.not || statement.resources.not {
        told.push("allows all but what it names: name what it allows".to_owned());
    }
    for (text, pattern) in &statement.actions.patterns {
        let opened = actions
            .iter()
            .filter(|it| pattern.matches(it, Case::Ignored, &()));
        let opened: Vec<&str> = opened.copied().collect();
        if pattern.has_wildcards() && opened.len() > 1 {
            told.push(format!("Action: `{text}` opens {}", opened.join(", ")));
        }
    }
    for (text, pattern) in &statement.resources.patterns {
        let opened = operations.iter().filter(|it| pattern.matches(it, &()));
        let opened = opened.count();
        if pattern.has_wildcards() && opened > 1 {
            told.push(format!(
                "Resource: `{text}` opens {opened} operations, and those to come: name them"
            ));
        }
    }
    told
}
