//! Roles: who has them, and which policies they have.
//!
//! ```json
//! { "gardener": { "callers": ["group:garden"], "policies": ["plants"] } }
//! ```

use std::{collections::BTreeSet, sync::Arc};

use serde::Deserialize;

use crate::{
    decision::View,
    document::{Policy, PolicyError},
    json,
};

/// The name of the file of roles.
const ROLES: &str = "roles";

/// All roles of a system.
#[derive(Debug)]
pub struct Roles {
    roles: Vec<Role>,
    policies: Vec<Policy>,
    anyone: RoleSet,
    user: RoleSet,
    groups: Vec<(Box<str>, RoleSet)>,
}

#[derive(Debug)]
struct Role {
    name: String,
    callers: Vec<Caller>,
    /// Names.
    policies: Vec<String>,
}

/// Who may have a role.
#[derive(Debug, PartialEq, Eq)]
enum Caller {
    Anyone,
    User,
    Group(Box<str>),
}

/// Some of the roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoleSet(u64);

/// Why the roles cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RolesError {
    /// A file of roles is at fault.
    #[error("{0}.json: {1}")]
    Roles(String, String),
    /// A policy is at fault.
    #[error("{0}.json: {1}")]
    Policy(String, PolicyError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    callers: Vec<String>,
    policies: Vec<String>,
}

impl Roles {
    /// Reads who has which policies, and the policies by name.
    pub fn parse<'a>(
        roles: &'a str,
        policies: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, RolesError> {
        Self::of_files(policies.into_iter().chain([(ROLES, roles)]))
    }

    /// Reads files by their names without `.json`: `roles`, and those whose name ends in `.roles`, say who has
    /// which policies; all others are policies.
    pub fn of_files<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, RolesError> {
        let is_roles = |(name, _): &(&str, &str)| *name == ROLES || name.ends_with(".roles");
        let (roles, policies): (Vec<_>, Vec<_>) = files.into_iter().partition(is_roles);
        let policies = policies.into_iter().map(|(name, text)| {
            let policy = Policy::parse(name, text);
            policy.map_err(|fault| RolesError::Policy(name.to_owned(), fault))
        });
        let policies: Vec<Policy> = policies.collect::<Result<_, _>>()?;
        let roles = read(&roles, &policies)?;
        let all = |is: &dyn Fn(&Caller) -> bool| {
            let having = roles.iter().enumerate();
            let having = having.filter(|(_, role)| role.callers.iter().any(is));
            RoleSet(having.fold(0, |set, (at, _)| set | 1 << at))
        };
        let groups: BTreeSet<_> = roles.iter().flat_map(Role::groups).collect();
        let groups = groups.into_iter().map(|group| {
            let is = |caller: &Caller| matches!(caller, Caller::Group(own) if *own == *group);
            (group.clone(), all(&is))
        });
        Ok(Self {
            groups: groups.collect(),
            anyone: all(&|caller| *caller == Caller::Anyone),
            user: all(&|caller| *caller == Caller::User),
            policies,
            roles,
        })
    }

    /// Of everybody, signed in or not.
    pub fn of_anyone(&self) -> RoleSet {
        self.anyone
    }

    /// Of a signed-in user in these groups.
    pub fn of_user<'a>(&self, groups: impl IntoIterator<Item = &'a str>) -> RoleSet {
        let groups = groups.into_iter();
        let sets = groups.filter_map(|group| self.groups.iter().find(|(own, _)| **own == *group));
        sets.fold(self.anyone | self.user, |all, (_, set)| all | *set)
    }

    /// The groups that a role is for.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(|(group, _)| &**group)
    }

    /// What concerns one operation.
    pub fn view(&self, action: &str, resource: Arc<str>) -> View {
        View::new(self.attached(), action, resource)
    }

    /// Each policy, and the roles which have it.
    pub(crate) fn attached(&self) -> impl Iterator<Item = (RoleSet, &Policy)> {
        self.policies.iter().map(|policy| {
            let having = self.roles.iter().enumerate();
            let having =
                having.filter(|(_, role)| role.policies.iter().any(|it| it == policy.name()));
            (
                RoleSet(having.fold(0, |set, (at, _)| set | 1 << at)),
                policy,
            )
        })
    }

    /// The roles which everybody has who has this one.
    pub(crate) fn implied_by(&self, role: RoleSet) -> RoleSet {
        let of_caller = |caller: &Caller| match caller {
            Caller::Anyone => self.anyone,
            Caller::User => self.of_user([]),
            Caller::Group(group) => self.of_user([&**group]),
        };
        let own = self.roles.get(role.0.trailing_zeros() as usize);
        let callers = own.into_iter().flat_map(|role| &role.callers);
        let all = callers
            .map(of_caller)
            .reduce(|all, one| RoleSet(all.0 & one.0));
        all.unwrap_or(role)
    }

    /// The names of these roles.
    pub fn names(&self, set: RoleSet) -> Vec<&str> {
        let roles = self.roles.iter().enumerate();
        let roles = roles.filter(|(at, _)| set.meets(RoleSet(1 << at)));
        roles.map(|(_, role)| role.name.as_str()).collect()
    }
}

impl Role {
    fn groups(&self) -> impl Iterator<Item = &Box<str>> {
        self.callers.iter().filter_map(|caller| match caller {
            Caller::Group(group) => Some(group),
            Caller::Anyone | Caller::User => None,
        })
    }
}

impl RoleSet {
    /// Whether a role is in both.
    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Its roles, each alone.
    pub(crate) fn each(self) -> impl Iterator<Item = Self> {
        let single = (0..u64::BITS).map(|at| Self(1 << at));
        single.filter(move |it| it.meets(self))
    }
}

impl std::ops::BitOr for RoleSet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

fn read(files: &[(&str, &str)], policies: &[Policy]) -> Result<Vec<Role>, RolesError> {
    let mut roles: Vec<Role> = Vec::new();
    for (file, text) in files {
        let fault = |fault| RolesError::Roles((*file).to_owned(), fault);
        for role in read_file(text, policies).map_err(fault)? {
            if roles.iter().any(|known| known.name == role.name) {
                return Err(fault(format!("{}: another file has it", role.name)));
            }
            roles.push(role);
        }
        let (count, most) = (roles.len(), u64::BITS);
        if count > most as usize {
            return Err(fault(format!(
                "{count} roles are too many: there may be {most}"
            )));
        }
    }
    Ok(roles)
}

fn read_file(text: &str, policies: &[Policy]) -> Result<Vec<Role>, String> {
    let file = json::parse(text).map_err(|fault| fault.to_string())?;
    let file = file.as_object().ok_or("expected an object of roles")?;
    let role = |(name, role): (&String, &serde_json::Value)| {
        let role = Described::deserialize(role).map_err(|fault| format!("{name}: {fault}"))?;
        let mut named = role.policies.iter();
        if let Some(unknown) = named.find(|it| policies.iter().all(|policy| policy.name() != **it))
        {
            return Err(format!("{name}: policies: there is no {unknown}.json"));
        }
        let callers = role.callers.iter().map(|text| {
            caller(text).ok_or_else(|| {
                format!("{name}: callers: `{text}`: expected `anyone`, `user` or `group:<name>`")
            })
        });
        Ok(Role {
            name: name.clone(),
            callers: callers.collect::<Result<_, _>>()?,
            policies: role.policies,
        })
    };
    file.iter().map(role).collect()
}

fn caller(text: &str) -> Option<Caller> {
    match text {
        "anyone" => Some(Caller::Anyone),
        "user" => Some(Caller::User),
        _ => {
            let group = text.strip_prefix("group:").filter(|it| !it.is_empty());
            group.map(|group| Caller::Group(group.into()))
        }
    }
}
