//! Looking after accounts: what operations and commands do alike.

use kit::http::Line;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::{
    AppState, Error,
    audit::{Action, Entry, Reason},
    letter::{Kind, Letter},
    store::Tell,
    user::{Email, User},
};

/// What people are found by: the beginning of their address or their name, in upper or lower case.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Search {
    email: String,
    name: String,
}

/// Who does something to an account, from where and why.
pub(crate) struct By {
    /// The manager; none for whoever runs the shop.
    pub(crate) actor: Option<Uuid>,
    pub(crate) network: String,
    pub(crate) reason: Option<Reason>,
}

impl AppState {
    /// Does this to an account, and tells its owner by letter where that matters. False when there was nothing to
    /// do. Where a directory keeps people it is told as well, also when it was before: who was answered with its
    /// failure asks again.
    pub(crate) async fn do_to(&self, person: Uuid, action: Action, by: By) -> Result<bool, Error> {
        if by.actor == Some(person) {
            return Err(Error::OwnAccount);
        }
        // A directory has factors of its own, which no operation reaches.
        if self.directory.is_some() && action == Action::ResetFactors {
            return Err(Error::NotFound);
        }
        let entry = Entry {
            id: Uuid::now_v7(),
            at: self.clock.now(),
            actor: by.actor,
            action,
            person,
            network: by.network,
            reason: by.reason,
        };
        let is_done = self.store.carry_out(&entry, self.tell_of(action)).await?;
        if is_done {
            let actor = by.actor.map(tracing::field::display);
            tracing::info!(actor, %person, ?action, "an account was changed by another");
        }
        let Some(directory) = &self.directory else {
            return Ok(is_done);
        };
        let user = self.store.find_user(person).await?;
        let email = user.ok_or(Error::NotFound)?.email;
        match action {
            Action::Give(group) => directory.set_group(&email, group, true).await?,
            Action::Take(group) => {
                directory.set_group(&email, group, false).await?;
                directory.end_sessions(&email).await?;
            }
            Action::EndSessions => directory.end_sessions(&email).await?,
            Action::ResetFactors => {}
        }
        Ok(is_done)
    }

    /// The letter about it, if there is one.
    fn tell_of(&self, action: Action) -> Option<Tell> {
        let kind = match action {
            Action::Give(group) => Kind::GroupGiven { group },
            Action::Take(group) => Kind::GroupTaken { group },
            Action::ResetFactors => Kind::FactorsReset,
            Action::EndSessions => return None,
        };
        let letters = self.letters.clone();
        Some(Box::new(move |user: &User| {
            letters.event(user, &Letter::to(user, kind))
        }))
    }
}

impl Search {
    /// What was typed, or what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let line = Line::<1, 254>::check(text)?;
        let name = fold(&line);
        // A whole address may be typed in another form than it is stored in.
        let email = Email::parse(&line).map_or_else(|_| name.clone(), |it| it.as_str().to_owned());
        Ok(Self { email, name })
    }

    /// The addresses that are found: from the first on, and before the second.
    pub(crate) fn emails(&self) -> [String; 2] {
        beginning_with(&self.email)
    }

    /// The folded names that are found, likewise.
    pub(crate) fn names(&self) -> [String; 2] {
        beginning_with(&self.name)
    }
}

impl TryFrom<String> for Search {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|fault| format!("`q` {fault}"))
    }
}

/// A name as people are found by it.
pub(crate) fn fold(name: &str) -> String {
    name.to_lowercase().nfc().collect()
}

/// Texts that begin so, sorted by code points. No text has the last one of all.
fn beginning_with(text: &str) -> [String; 2] {
    [text.to_owned(), format!("{text}{}", char::MAX)]
}
