//! The letters that were given up, for whoever runs the shop: to look at, and to send again once their
//! cause is gone. Whom they are for is not shown.

use std::error::Error;

use jiff::Timestamp;
use kit::program::say;
use tokio::{runtime::Handle, task::block_in_place};

use crate::{Config, state::open};

/// How many are shown at most, the oldest.
const SHOWN: u32 = 1000;

/// Prints them, one JSON object a line. Needs a runtime of several threads.
pub fn print(config: &Config) -> Result<(), Box<dyn Error>> {
    let dead = wait(async { Ok::<_, Box<dyn Error>>(open(config).await?.dead(SHOWN).await?) })?;
    for letter in dead {
        say(serde_json::to_string(&letter)?);
    }
    Ok(())
}

/// Has all of them sent again, and says how many. Needs a runtime of several threads.
pub fn retry(config: &Config) -> Result<(), Box<dyn Error>> {
    let now = Timestamp::now();
    let count = wait(async { Ok::<_, Box<dyn Error>>(open(config).await?.revive(now).await?) })?;
    say(format_args!("{count} letters are sent again"));
    Ok(())
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    block_in_place(|| Handle::current().block_on(work))
}
