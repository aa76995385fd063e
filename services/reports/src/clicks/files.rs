//! Files of clicks: JSON lines, compressed by gzip, a folder a day: `day=2026-03-01/<name>.jsonl.gz`. Readers of
//! partitions, such as Athena and Redshift, know this form.

#[cfg(test)]
mod contract;
mod folder;
#[cfg(feature = "s3")]
mod s3;

use std::{collections::BTreeMap, io::Write};

use async_trait::async_trait;
use flate2::{Compression, write::GzEncoder};
use jiff::civil::Date;

pub(super) use folder::Folder;
#[cfg(feature = "s3")]
pub(super) use s3::S3;

use crate::{
    Error,
    click::{self, Click},
};

/// The media type of a file.
#[cfg(feature = "s3")]
const MEDIA_TYPE: &str = "application/gzip";

/// Where files are.
#[async_trait]
pub(crate) trait Files: Send + Sync {
    /// Writes a file, whole or not at all. Where there is one of this name it stays: it has the same in it.
    async fn write(&self, path: &str, content: Vec<u8>) -> Result<(), Error>;

    /// Deletes all of the days before this one, where nobody else does.
    async fn forget_before(&self, day: Date) -> Result<(), Error>;
}

/// Writes clicks under a name of their own, each into its day's folder.
pub(super) async fn write(files: &dyn Files, name: &str, clicks: &[Click]) -> Result<(), Error> {
    let mut days: BTreeMap<String, Vec<&Click>> = BTreeMap::new();
    for click in clicks {
        days.entry(click.day()).or_default().push(click);
    }
    for (day, clicks) in days {
        let path = format!("day={day}/{name}.jsonl.gz");
        files.write(&path, compressed(clicks)).await?;
    }
    Ok(())
}

/// A line each, in the order of their ids, which is none: which search came beside which page is not told.
fn compressed(mut clicks: Vec<&Click>) -> Vec<u8> {
    clicks.sort_by_key(|click| click.id);
    let mut file = GzEncoder::new(Vec::new(), Compression::default());
    let written = file.write_all(&click::lines(clicks));
    let written = written.and_then(|()| file.finish());
    written.expect("memory takes it")
}
