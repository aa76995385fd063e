//! What is done to accounts by others than their owners: by managers, and by whoever runs the shop. Each such
//! change and its entry in the audit log are one transaction ([`crate::store::People`]).

use jiff::Timestamp;
use kit::http::Line;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    Error,
    group::Group,
    user::{Name, User},
};

/// Something that is done to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Makes it one of a group.
    Give(Group),
    /// Takes a group away, and ends all sessions, whose tokens name it.
    Take(Group),
    /// Signs its owner out everywhere.
    EndSessions,
    /// Removes app, passkeys and recovery codes: the password alone signs in.
    ResetFactors,
}

/// The network of an entry that was made by a command.
pub const CONSOLE: &str = "console";

/// An entry of the audit log. It keeps ids: of an account that is gone it tells nothing.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Unique, ordered by time (UUIDv7).
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// The manager; none for whoever runs the shop.
    pub actor: Option<Uuid>,
    /// What was done.
    pub action: Action,
    /// To whom.
    pub person: Uuid,
    /// The network that it came from: `203.0.113.0/24`, or [`CONSOLE`].
    pub network: String,
    /// Why, in the actor's words.
    pub reason: Option<Reason>,
}

/// An entry with the names of those whose accounts are still there.
#[derive(Clone, Debug)]
pub struct Named {
    /// The entry.
    pub entry: Entry,
    /// What the manager is called.
    pub actor: Option<Name>,
    /// What the person is called to whom it was done.
    pub person: Option<Name>,
}

/// Why something was done: a line of 1 to 200 characters.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Reason(String);

impl Action {
    /// As it is stored, beside the group.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Give(_) => "give-group",
            Self::Take(_) => "take-group",
            Self::EndSessions => "end-sessions",
            Self::ResetFactors => "reset-second-factors",
        }
    }

    /// Which group it is about.
    pub fn group(self) -> Option<Group> {
        match self {
            Self::Give(group) | Self::Take(group) => Some(group),
            Self::EndSessions | Self::ResetFactors => None,
        }
    }

    /// One that has been stored.
    pub(crate) fn stored(action: &str, group: Option<&str>) -> Option<Self> {
        let group = group.and_then(Group::stored);
        match action {
            "give-group" => group.map(Self::Give),
            "take-group" => group.map(Self::Take),
            "end-sessions" => Some(Self::EndSessions),
            "reset-second-factors" => Some(Self::ResetFactors),
            _ => None,
        }
    }
}

impl Entry {
    /// The person as they are afterwards, or why it may not be done, where `managers` are all there are.
    pub(crate) fn decide(&self, person: &User, managers: &[Uuid]) -> Result<User, Error> {
        // A token says who was a manager when it was made.
        if self.actor.is_some_and(|actor| !managers.contains(&actor)) {
            return Err(Error::NotManager);
        }
        let after = match self.action {
            Action::Give(group) => group.give(person),
            Action::Take(group) => group.take(person),
            Action::EndSessions | Action::ResetFactors => person.clone(),
        };
        if managers == [person.id] && !after.is_manager {
            return Err(Error::LastManager);
        }
        Ok(after)
    }
}

impl Reason {
    /// The reason as it was typed, or what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Line::<1, 200>::check(text).map(Self)
    }

    /// One that has been stored.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reason {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|fault| format!("`reason` {fault}"))
    }
}
