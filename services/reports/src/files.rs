//! Files of JSON lines, compressed by gzip, a folder a day: `day=2026-03-01/<name>.jsonl.gz`. Readers of partitions,
//! such as Athena and Redshift, know this form.

mod folder;
#[cfg(feature = "s3")]
mod s3;

use std::{io::Write, sync::Arc};

use async_trait::async_trait;
use flate2::{Compression, write::GzEncoder};
use jiff::civil::Date;
use kit::bucket::BucketUrl;

pub use folder::Folder;
#[cfg(feature = "s3")]
use s3::S3;

use crate::Error;

/// The media type of a file.
#[cfg(feature = "s3")]
const MEDIA_TYPE: &str = "application/gzip";

/// Where files are.
#[async_trait]
pub trait Files: Send + Sync {
    /// Writes a file, whole or not at all. Where there is one of this name it stays: it has the same in it.
    async fn write(&self, path: &str, content: Vec<u8>) -> Result<(), Error>;

    /// The paths of all files.
    async fn list(&self) -> Result<Vec<String>, Error>;

    /// Deletes files; repeatable.
    async fn delete(&self, paths: &[String]) -> Result<(), Error>;

    /// Deletes all of the days before this one, where nobody else does.
    async fn forget_before(&self, day: Date) -> Result<(), Error>;
}

/// The adapter for a bucket is not part of this program.
#[derive(Debug)]
pub(crate) struct NotBuilt;

/// The files of a bucket, in the region of the environment.
#[cfg(feature = "s3")]
pub(crate) async fn in_bucket(url: &BucketUrl) -> Result<Arc<dyn Files>, NotBuilt> {
    Ok(Arc::new(S3::open(url).await))
}

/// None: see [`NotBuilt`].
#[cfg(not(feature = "s3"))]
pub(crate) async fn in_bucket(_: &BucketUrl) -> Result<Arc<dyn Files>, NotBuilt> {
    Err(NotBuilt)
}

/// The path of a file.
pub(crate) fn path(day: &str, name: &str) -> String {
    format!("day={day}/{name}.jsonl.gz")
}

/// What is in a file of these lines.
pub(crate) fn compressed(lines: &[u8]) -> Vec<u8> {
    let mut file = GzEncoder::new(Vec::new(), Compression::default());
    let written = file.write_all(lines);
    let written = written.and_then(|()| file.finish());
    written.expect("memory takes it")
}
