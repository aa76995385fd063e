//! What a consumer's program does with the events that it has set aside, for whoever runs it: shows them, and
//! puts them back once their cause is gone. Both need a runtime of several threads.

use std::{error::Error, sync::Arc};

use super::{say, wait};
use crate::events::{Fault, NoChannel, Source};

/// How many are shown at most, the oldest.
const SHOWN: usize = 1000;

/// Prints the events that were set aside, one JSON object a line.
pub fn print_dead_events(source: impl Opening) -> Result<(), Box<dyn Error>> {
    let found = wait(async { opened(source).await?.dead_letters(SHOWN).await });
    let events = found.map_err(|fault| -> Box<dyn Error> { fault })?;
    for event in events {
        say(serde_json::to_string(&event)?);
    }
    Ok(())
}

/// Puts all of them back to where they came from, and says how many.
pub fn replay_dead_events(source: impl Opening) -> Result<(), Box<dyn Error>> {
    let replayed = wait(async { opened(source).await?.replay().await });
    let count = replayed.map_err(|fault| -> Box<dyn Error> { fault })?;
    say(format_args!("{count} events are in the stream again"));
    Ok(())
}

/// What [`crate::events::source`] answers.
pub trait Opening: Future<Output = Result<Option<Arc<dyn Source>>, NoChannel>> {}

impl<T: Future<Output = Result<Option<Arc<dyn Source>>, NoChannel>>> Opening for T {}

async fn opened(source: impl Opening) -> Result<Arc<dyn Source>, Fault> {
    let source = source.await?;
    source.ok_or_else(|| "neither redis nor queue is set: no events come from elsewhere".into())
}
