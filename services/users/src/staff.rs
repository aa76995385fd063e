//! Who works here. The API makes nobody one of the staff: whoever runs the shop does.

use std::{error::Error, io::stdin};

use kit::program::say;
use tokio::{runtime::Handle, task::block_in_place};

use crate::{Config, connect, user::Email};

/// Makes the account whose e-mail address comes on standard input one of the staff. Needs a runtime
/// of several threads.
pub fn make_staff(config: &Config) -> Result<(), Box<dyn Error>> {
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    let email = Email::parse(line.trim())
        .map_err(|fault| format!("the e-mail address on standard input {fault}"))?;
    let made = async {
        let state = connect(config).await?;
        let Some(directory) = &state.directory else {
            return Ok::<_, Box<dyn Error>>(state.store.make_staff(&email).await?);
        };
        match directory.set_staff(&email, true).await {
            Err(crate::Error::NotFound) => Ok(false),
            made => Ok(made.map(|()| true)?),
        }
    };
    if !block_in_place(|| Handle::current().block_on(made))? {
        return Err("no account has this e-mail address: sign up first".into());
    }
    say("One of the staff from the next sign-in on, else within 15 minutes.");
    Ok(())
}
