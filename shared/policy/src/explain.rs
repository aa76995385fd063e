//! Why a request was decided as it was: of every statement, whether it applies, and if not, why.

use std::fmt;

use crate::{
    condition::Condition,
    decision::Request,
    roles::{RoleSet, Roles},
    statement::{Effect, Place, Statement},
};

/// What one statement has to do with a request.
#[derive(Debug)]
pub struct Explained<'a> {
    /// Which it is.
    pub place: &'a Place,
    /// What it does where it applies.
    pub effect: Effect,
    /// Whether it does.
    pub outcome: Outcome<'a>,
}

/// Whether a statement applies to a request.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// It does.
    Applies,
    /// It is for another action.
    Action,
    /// It is for other resources.
    Resource,
    /// The caller has none of the roles that have it.
    Roles(Vec<&'a str>),
    /// The request is not as a condition says.
    Condition {
        /// Such as `IpAddress aws:SourceIp`.
        asked: String,
        /// What the document has.
        wanted: &'a [String],
        /// What the request has; nothing where it has no such key.
        found: Vec<String>,
    },
}

impl Roles {
    /// What every statement has to do with this request of somebody with these roles.
    pub fn explain<'a>(&'a self, roles: RoleSet, request: &Request<'_>) -> Vec<Explained<'a>> {
        let all = self.attached();
        let all =
            all.flat_map(|(having, policy)| policy.statements.iter().map(move |it| (having, it)));
        let explained = all.map(|(having, statement)| Explained {
            place: &statement.place,
            effect: statement.effect,
            outcome: match statement.outcome(request) {
                Outcome::Applies | Outcome::Condition { .. } if !having.meets(roles) => {
                    Outcome::Roles(self.names(having))
                }
                outcome => outcome,
            },
        });
        explained.collect()
    }
}

impl Statement {
    fn outcome(&self, request: &Request<'_>) -> Outcome<'_> {
        if !self.is_of_action(request.action) {
            return Outcome::Action;
        }
        if !self.is_of_resource(request.resource, request.context) {
            return Outcome::Resource;
        }
        let mut conditions = self.conditions.iter();
        match conditions.find(|it| !it.holds(request.context)) {
            None => Outcome::Applies,
            Some(Condition {
                operator,
                key,
                values,
                ..
            }) => Outcome::Condition {
                asked: format!("{operator} {key}"),
                wanted: values,
                found: request.context.values(&key.to_ascii_lowercase()),
            },
        }
    }
}

impl fmt::Display for Explained<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let does = match self.effect {
            Effect::Allow => "allows",
            Effect::Deny => "denies",
        };
        let place = self.place;
        match &self.outcome {
            Outcome::Applies => write!(out, "{place} {does} it"),
            Outcome::Action => write!(out, "{place} is for another action"),
            Outcome::Resource => write!(out, "{place} is for other operations"),
            Outcome::Roles(roles) => match &**roles {
                [] => write!(out, "{place} is attached to no role"),
                roles => write!(
                    out,
                    "{place} {does} it to the role {} alone",
                    roles.join(", ")
                ),
            },
            Outcome::Condition {
                asked,
                wanted,
                found,
            } => {
                write!(
                    out,
                    "{place} asks for {asked} {}, and the request has ",
                    wanted.join(", ")
                )?;
                match &**found {
                    [] => write!(out, "none"),
                    found => write!(out, "{}", found.join(", ")),
                }
            }
        }
    }
}
