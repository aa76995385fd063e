//! Clicks as [files](crate::files), each in its day's folder.

#[cfg(test)]
mod contract;

use std::collections::BTreeMap;

use crate::{
    Error,
    click::{self, Click},
    files::{Files, compressed, path},
};

/// Writes clicks under a name of their own.
pub(super) async fn write(files: &dyn Files, name: &str, clicks: &[Click]) -> Result<(), Error> {
    let mut days: BTreeMap<String, Vec<&Click>> = BTreeMap::new();
    for click in clicks {
        days.entry(click.day()).or_default().push(click);
    }
    for (day, mut clicks) in days {
        // In the order of their ids, which is none: which search came beside which page is not told.
        clicks.sort_by_key(|click| click.id);
        let content = compressed(&click::lines(clicks));
        files.write(&path(&day, name), content).await?;
    }
    Ok(())
}
