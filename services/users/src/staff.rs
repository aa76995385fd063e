//! Who works here, and looking after accounts by commands: for whoever runs the shop, who is nobody's manager
//! and needs none. The first manager is made so.

use std::{error::Error, io::stdin};

use clap::Subcommand;
use kit::program::say;
use tokio::{runtime::Handle, task::block_in_place};

use crate::{
    AppState, Config,
    audit::{Action, CONSOLE, Named, Reason},
    connect,
    group::Group,
    people::{By, Search},
    user::{Email, User},
};

/// How many people or entries are listed at once.
const PAGE: u32 = 100;

/// What can be done about people.
#[derive(Clone, Debug, Subcommand)]
pub enum People {
    /// Lists accounts by how their address or name begins
    Find {
        /// The beginning, in upper or lower case
        text: String,
    },
    /// Makes an account one of a group; a manager is one of the staff as well
    Give {
        /// The account's e-mail address
        email: String,
        /// The group
        group: Group,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Takes a group away, and with staff also manager; all sessions of the account end
    Take {
        /// The account's e-mail address
        email: String,
        /// The group
        group: Group,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Signs somebody out everywhere
    EndSessions {
        /// The account's e-mail address
        email: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Removes app, passkeys and recovery codes: the password alone signs in
    ResetFactors {
        /// The account's e-mail address
        email: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Lists what was done to accounts, the newest first
    Audit {
        /// Only to the account of this e-mail address
        #[arg(long, value_name = "EMAIL")]
        of: Option<String>,
    },
}

/// Makes the account whose e-mail address comes on standard input one of the staff. Needs a runtime
/// of several threads.
pub fn make_staff(config: &Config) -> Result<(), Box<dyn Error>> {
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    let email = line.trim().to_owned();
    let (group, reason) = (Group::Staff, None);
    act(
        config,
        People::Give {
            email,
            group,
            reason,
        },
    )
}

/// Does this on the store of the settings. Needs a runtime of several threads.
pub fn act(config: &Config, people: People) -> Result<(), Box<dyn Error>> {
    let acted = async { people.run(&connect(config).await?).await };
    block_in_place(|| Handle::current().block_on(acted))
}

impl People {
    /// Does it, and says what came of it. The service may run meanwhile.
    pub async fn run(self, state: &AppState) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Find { text } => find(state, &text).await,
            Self::Audit { of } => audit(state, of.as_deref()).await,
            Self::Give {
                email,
                group,
                reason,
            } => {
                do_to(state, &email, Action::Give(group), reason).await?;
                say(format!(
                    "In the group {} from the next sign-in on, else within 15 minutes.",
                    group.as_str()
                ));
                Ok(())
            }
            Self::Take {
                email,
                group,
                reason,
            } => {
                do_to(state, &email, Action::Take(group), reason).await?;
                say(format!("No longer in the group {}.", group.as_str()));
                Ok(())
            }
            Self::EndSessions { email, reason } => {
                do_to(state, &email, Action::EndSessions, reason).await?;
                say("Signed out everywhere.");
                Ok(())
            }
            Self::ResetFactors { email, reason } => {
                say(
                    match do_to(state, &email, Action::ResetFactors, reason).await? {
                        true => "The password alone signs in.",
                        false => "There is no second factor.",
                    },
                );
                Ok(())
            }
        }
    }
}

async fn find(state: &AppState, text: &str) -> Result<(), Box<dyn Error>> {
    let search = Search::parse(text).map_err(|fault| format!("what to find {fault}"))?;
    let found = state.store.find_people(&search, None, PAGE + 1).await?;
    let is_more = found.len() > PAGE as usize;
    for user in found.into_iter().take(PAGE as usize) {
        let groups = user.groups().join(",");
        let (email, name) = (user.email.as_str(), user.name.as_str());
        say(format!("{}  {groups}  {email}  {name}", user.id));
    }
    if is_more {
        say("There are more.");
    }
    Ok(())
}

async fn audit(state: &AppState, of: Option<&str>) -> Result<(), Box<dyn Error>> {
    let person = match of {
        Some(email) => Some(account(state, email).await?.id),
        None => None,
    };
    let entries = state.store.list_audit(person, None, PAGE + 1).await?;
    let is_more = entries.len() > PAGE as usize;
    for Named { entry, .. } in entries.into_iter().take(PAGE as usize) {
        let actor = entry.actor.map_or("-".to_owned(), |id| id.to_string());
        let group = entry.action.group().map_or("-", Group::as_str);
        let action = entry.action.as_str();
        let reason = entry.reason.as_ref().map_or("", Reason::as_str);
        say(format!(
            "{}  {action}  {group}  of {}  by {actor}  from {}  {reason}",
            entry.at, entry.person, entry.network
        ));
    }
    if is_more {
        say("There are more.");
    }
    Ok(())
}

/// Whether there was something to do.
async fn do_to(
    state: &AppState,
    email: &str,
    action: Action,
    reason: Option<String>,
) -> Result<bool, Box<dyn Error>> {
    let reason = reason.map(|text| Reason::parse(&text)).transpose();
    let by = By {
        actor: None,
        network: CONSOLE.to_owned(),
        reason: reason.map_err(|fault| format!("the reason {fault}"))?,
    };
    let account = match (account(state, email).await, &state.directory, action) {
        // The directory may know somebody who has not been here yet: there is no id to log.
        (Err(_), Some(directory), Action::Give(group)) => {
            directory.set_group(&parsed(email)?, group, true).await?;
            say("Not in the audit log: this account has not signed in here yet.");
            return Ok(true);
        }
        (account, ..) => account?,
    };
    match state.do_to(account.id, action, by).await {
        Err(crate::Error::NotFound) => Err(
            "the directory does not know the account, or keeps its second factors itself".into(),
        ),
        done => Ok(done?),
    }
}

/// The account with this address.
async fn account(state: &AppState, email: &str) -> Result<User, Box<dyn Error>> {
    parsed(email)?;
    for email in Email::candidates(email) {
        if let Some((user, _)) = state.store.find_credentials(&email).await? {
            return Ok(user);
        }
    }
    Err("no account has this e-mail address: sign up first".into())
}

fn parsed(email: &str) -> Result<Email, String> {
    Email::parse(email).map_err(|fault| format!("the e-mail address {fault}"))
}
