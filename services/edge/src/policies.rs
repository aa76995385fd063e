//! Who may call what: the policies of `policies/`, which the program brings along, or those of a folder.
//! Reads and checks them; says what a request has that they may ask for, and where they and the documents
//! differ. `permit` decides by them.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
    sync::Arc,
};

use axum::extract::Request;
use kit::clock::Clock;
use policy::{Context, Key, RoleSet, Roles, RolesError, Vocabulary};
use rust_embed::Embed;

use crate::{
    call::{Call, Who},
    operation::{Access, Operation},
    sanitise::X_FORWARDED_PROTO,
};

/// The action of a call.
pub(crate) const INVOKE: &str = "execute-api:Invoke";

/// The action of having a kept answer fetched anew.
pub(crate) const INVALIDATE_CACHE: &str = "execute-api:InvalidateCache";

/// All that policies may speak of.
const VOCABULARY: Vocabulary<'_> = Vocabulary {
    actions: &[INVOKE, INVALIDATE_CACHE],
    keys: &[
        Key::one("aws:CurrentTime"),
        Key::one("aws:EpochTime"),
        Key::several("aws:PrincipalTag/groups"),
        Key::one("aws:SecureTransport"),
        Key::one("aws:SourceIp"),
        Key::one("aws:userid"),
        Key::one("aws:username"),
    ],
};

/// Policies that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PoliciesError {
    /// A file cannot be read.
    #[error("policies: {0}: {1}")]
    File(String, #[source] io::Error),
    /// A file is not what it should be.
    #[error("policies: {0}")]
    Roles(#[from] RolesError),
    /// A policy speaks of what no request has.
    #[error("policies: {0}")]
    Unknown(String),
}

#[derive(Embed)]
#[folder = "../../policies"]
struct Embedded;

/// The roles and policies in this folder; those of the program when it is empty.
pub(crate) fn load(folder: &Path) -> Result<Roles, PoliciesError> {
    let files = match folder.as_os_str().is_empty() {
        true => embedded(),
        false => read(folder)?,
    };
    if !files.contains_key("roles") {
        let missing = io::ErrorKind::NotFound.into();
        return Err(PoliciesError::File("roles.json".to_owned(), missing));
    }
    let roles = Roles::of_files(files.iter().map(|(name, text)| (&**name, &**text)))?;
    match roles.faults(&VOCABULARY).into_iter().next() {
        Some(fault) => Err(PoliciesError::Unknown(fault)),
        None => Ok(roles),
    }
}

/// Files without their `.json`, by name.
type Files = BTreeMap<String, Cow<'static, str>>;

fn embedded() -> Files {
    let file = |name: Cow<'static, str>| {
        let data = Embedded::get(&name)?.data;
        let text = String::from_utf8_lossy(&data).into_owned();
        Some((name.strip_suffix(".json")?.to_owned(), text.into()))
    };
    Embedded::iter().filter_map(file).collect()
}

fn read(folder: &Path) -> Result<Files, PoliciesError> {
    let fault = |path: &Path, fault| PoliciesError::File(path.display().to_string(), fault);
    let mut files = Files::new();
    for entry in fs::read_dir(folder).map_err(|it| fault(folder, it))? {
        let path = entry.map_err(|it| fault(folder, it))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(name) = name.and_then(|name| name.strip_suffix(".json")) {
            let text = fs::read_to_string(&path).map_err(|it| fault(&path, it))?;
            files.insert(name.to_owned(), text.into());
        }
    }
    Ok(files)
}

/// The roles of a caller.
pub(crate) fn roles_of(roles: &Roles, caller: &Who) -> RoleSet {
    match caller {
        Who::User(user) => roles.of_user(user.groups.iter().map(|group| &**group)),
        Who::Nobody | Who::Unverified(_) => roles.of_anyone(),
    }
}

/// What a request has that policies may ask for.
pub(crate) struct Said<'a> {
    pub(crate) request: &'a Request,
    pub(crate) clock: &'a Clock,
}

impl Context for Said<'_> {
    fn values(&self, key: &str) -> Vec<String> {
        let call = Call::of(self.request);
        let user = call.user();
        let one = match key {
            "aws:currenttime" => Some(self.clock.now().to_string()),
            "aws:epochtime" => Some(self.clock.now().as_second().to_string()),
            "aws:sourceip" => Some(call.address.to_string()),
            "aws:securetransport" => {
                let scheme = self.request.headers().get(X_FORWARDED_PROTO);
                Some(scheme.is_some_and(|scheme| scheme == "https").to_string())
            }
            "aws:userid" | "aws:username" => user.map(|user| user.subject.to_string()),
            "aws:principaltag/groups" => {
                let groups = user.into_iter().flat_map(|user| user.groups.iter());
                return groups.map(|group| group.to_string()).collect();
            }
            _ => None,
        };
        one.into_iter().collect()
    }
}

/// What makes these policies look like a mistake, with these operations: a sentence each.
pub(crate) fn advice(roles: &Roles, operations: &[Arc<Operation>]) -> Vec<String> {
    let arns: Vec<_> = operations.iter().map(|it| it.arn.clone()).collect();
    let mut advice = roles.advice(VOCABULARY.actions, &arns);
    let groups = operations.iter().flat_map(|it| it.access.groups());
    let groups: BTreeSet<&str> = groups.chain(roles.groups()).collect();
    for operation in operations {
        let view = roles.view(INVOKE, operation.arn.clone());
        let access = &operation.access;
        let is_public = *access == Access::Public;
        let of_groups = groups.iter().map(|group| {
            let caller = format!("a user in the group {group}");
            (caller, roles.of_user([*group]), access.admits([*group]))
        });
        let mut callers = vec![
            ("anyone".to_owned(), roles.of_anyone(), is_public),
            (
                "a user in no group".to_owned(),
                roles.of_user([]),
                access.admits([]),
            ),
        ];
        callers.extend(of_groups);
        let different = callers.into_iter().find_map(|(caller, own, wanted)| {
            let says = match (wanted, view.may_allow(own)) {
                (true, false) => "its document says yes, and no policy does",
                (false, true) => "a policy says yes, and its document does not",
                _ => return None,
            };
            Some(format!("{}: may {caller} call it? {says}", operation.arn))
        });
        advice.extend(different);
    }
    advice
}
