//! How a request is decided: what denies wins, what nobody allows is refused, and a session's policy
//! can only narrow.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    document::Policy,
    roles::RoleSet,
    statement::{Effect, Place, Statement},
};

/// What a request says of itself beside action and resource.
pub trait Context {
    /// The values of a key, which is given in lower case; none where the request has no such key.
    fn values(&self, key: &str) -> Vec<String>;
}

/// A request that says nothing.
impl Context for () {
    fn values(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

/// Keys in lower case.
impl Context for BTreeMap<String, Vec<String>> {
    fn values(&self, key: &str) -> Vec<String> {
        self.get(key).cloned().unwrap_or_default()
    }
}

/// What is to be decided.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Such as `execute-api:Invoke`.
    pub action: &'a str,
    /// Its ARN.
    pub resource: &'a str,
    /// The rest.
    pub context: &'a dyn Context,
}

/// What became of a request, and which statement it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// This statement allows it, and none denies it.
    Allowed(&'a Place),
    /// This statement denies it.
    Denied(&'a Place),
    /// No statement allows it.
    NotAllowed,
    /// A role allows it, and the session's policy does not.
    NotInSession,
}

impl fmt::Display for Decision<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed(place) => write!(out, "{place} allows it"),
            Self::Denied(place) => write!(out, "{place} denies it"),
            Self::NotAllowed => write!(out, "no statement allows it"),
            Self::NotInSession => write!(out, "the session's policy does not allow it"),
        }
    }
}

impl Decision<'_> {
    /// Whether the request may pass.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

/// What concerns one operation, of all that roles allow and deny: few statements, most of which are
/// decided by a look at the caller's roles.
#[derive(Debug)]
pub struct View {
    action: Box<str>,
    resource: Arc<str>,
    /// In the order in which the first that applies decides.
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// Those which have the statement.
    roles: RoleSet,
    statement: Arc<Statement>,
    /// Whether it applies to every request.
    always: bool,
}

impl View {
    pub(crate) fn new<'a>(
        attached: impl Iterator<Item = (RoleSet, &'a Policy)>,
        action: &str,
        resource: Arc<str>,
    ) -> Self {
        let mut entries: Vec<Entry> = attached
            .flat_map(|(roles, policy)| policy.statements.iter().map(move |it| (roles, it)))
            .filter(|(_, it)| it.is_of_action(action))
            .filter(|(_, it)| it.has_variables() || it.is_of_resource(&resource, &()))
            .map(|(roles, statement)| Entry {
                roles,
                statement: statement.clone(),
                always: statement.is_unconditional(),
            })
            .collect();
        entries.sort_by_key(|it| (it.statement.effect == Effect::Allow, !it.always));
        Self {
            action: action.into(),
            resource,
            entries,
        }
    }

    /// Decides a request of somebody with these roles, whose session may have a policy.
    pub fn decide(
        &self,
        roles: RoleSet,
        session: Option<&Policy>,
        context: &dyn Context,
    ) -> Decision<'_> {
        let request = Request {
            action: &self.action,
            resource: &self.resource,
            context,
        };
        let mut own = self.entries.iter().filter(|it| it.roles.meets(roles));
        let decisive = own.find(|it| it.always || it.statement.applies(&request));
        let decision = decided(decisive.map(|it| &*it.statement));
        match session {
            Some(session) if decision.is_allowed() && !session.decide(&request).is_allowed() => {
                Decision::NotInSession
            }
            _ => decision,
        }
    }

    /// Whether some request of somebody with these roles may pass.
    pub fn may_allow(&self, roles: RoleSet) -> bool {
        let mut own = self.entries.iter().filter(|it| it.roles.meets(roles));
        let decisive = own.find(|it| it.always || it.statement.effect == Effect::Allow);
        decisive.is_some_and(|it| it.statement.effect == Effect::Allow)
    }

    /// Whether every request passes of everybody who has these roles, whatever others they have.
    pub fn always_allows(&self, roles: RoleSet) -> bool {
        let first = self.entries.first();
        first.is_some_and(|it| it.statement.effect == Effect::Allow)
            && self
                .entries
                .iter()
                .any(|it| it.always && it.roles.meets(roles))
    }

    /// Whether every request is denied of everybody who has these roles.
    pub(crate) fn always_denies(&self, roles: RoleSet) -> bool {
        let denials = self
            .entries
            .iter()
            .filter(|it| it.statement.effect == Effect::Deny);
        denials
            .filter(|it| it.always)
            .any(|it| it.roles.meets(roles))
    }

    /// The roles that have this statement, if it concerns this operation.
    pub(crate) fn roles_with(&self, statement: &Arc<Statement>) -> Option<RoleSet> {
        let mut entries = self.entries.iter();
        let own = entries.find(|it| Arc::ptr_eq(&it.statement, statement));
        own.map(|it| it.roles)
    }
}

impl Policy {
    /// What this policy alone says.
    pub fn decide(&self, request: &Request<'_>) -> Decision<'_> {
        let applying = || self.statements.iter().filter(|it| it.applies(request));
        let denying = applying().find(|it| it.effect == Effect::Deny);
        decided(denying.or_else(|| applying().next()).map(|it| &**it))
    }
}

fn decided(statement: Option<&Statement>) -> Decision<'_> {
    match statement {
        None => Decision::NotAllowed,
        Some(it) if it.effect == Effect::Deny => Decision::Denied(&it.place),
        Some(it) => Decision::Allowed(&it.place),
    }
}
