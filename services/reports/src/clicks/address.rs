//! Where clicks are kept, as the settings say it.

use std::{fmt, io, path::PathBuf, str::FromStr, sync::Arc};

use kit::{bucket::BucketUrl, events::StreamArn};
use serde::{Deserialize, Serialize};

use super::{Clicks, Collector, Filer, Keepers};
use crate::files::{self, Files, Folder, NotBuilt};

/// Where the files of clicks are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ClicksUrl {
    /// A folder, made when missing.
    Folder(PathBuf),
    /// A bucket of S3, in the region of the environment.
    S3(BucketUrl),
}

/// Clicks cannot be kept there.
#[derive(Debug, thiserror::Error)]
pub enum BadClicks {
    /// It is not written as it has to be.
    #[error("clicks: expected a folder's path or s3://<bucket>/<prefix>")]
    Form,
    /// The adapter is not part of this program.
    #[error("{0}: this program was built without the feature {1}")]
    NotBuilt(&'static str, &'static str),
    /// The folder cannot be made.
    #[error("clicks: {0}: {1}")]
    Folder(PathBuf, #[source] io::Error),
}

/// What keeps the clicks: files, and the stream on the way to them where there is one.
pub(crate) async fn open(
    url: Option<&ClicksUrl>,
    stream: Option<&StreamArn>,
    days: u16,
) -> Result<Keepers, BadClicks> {
    let files = match url {
        Some(url) => Some(files_at(url).await?),
        None => None,
    };
    let mut keepers = Keepers {
        filer: files.clone().map(|files| Arc::new(Filer::new(files))),
        ..Keepers::default()
    };
    if let Some(stream) = stream {
        keepers.clicks = Some(kinesis(stream).await?);
    } else if let Some(files) = files {
        let collector = Arc::new(Collector::new(files, days));
        keepers.clicks = Some(collector.clone());
        keepers.collector = Some(collector);
    }
    Ok(keepers)
}

pub(super) async fn files_at(url: &ClicksUrl) -> Result<Arc<dyn Files>, BadClicks> {
    match url {
        ClicksUrl::Folder(path) => {
            let folder = Folder::open(path);
            let folder = folder.map_err(|fault| BadClicks::Folder(path.clone(), fault))?;
            Ok(Arc::new(folder))
        }
        ClicksUrl::S3(url) => {
            let files = files::in_bucket(url).await;
            files.map_err(|NotBuilt| BadClicks::NotBuilt("clicks", "s3"))
        }
    }
}

#[cfg(feature = "kinesis")]
async fn kinesis(stream: &StreamArn) -> Result<Arc<dyn Clicks>, BadClicks> {
    Ok(Arc::new(super::kinesis::Kinesis::open(stream).await))
}

#[cfg(not(feature = "kinesis"))]
async fn kinesis(_: &StreamArn) -> Result<Arc<dyn Clicks>, BadClicks> {
    Err(BadClicks::NotBuilt("clicks_stream", "kinesis"))
}

impl FromStr for ClicksUrl {
    type Err = BadClicks;

    fn from_str(url: &str) -> Result<Self, BadClicks> {
        match url.split_once("://") {
            Some(("s3", _)) => Ok(Self::S3(url.parse().map_err(|_| BadClicks::Form)?)),
            None if !url.is_empty() => Ok(Self::Folder(url.into())),
            _ => Err(BadClicks::Form),
        }
    }
}

impl TryFrom<String> for ClicksUrl {
    type Error = BadClicks;

    fn try_from(url: String) -> Result<Self, BadClicks> {
        url.parse()
    }
}

impl From<ClicksUrl> for String {
    fn from(url: ClicksUrl) -> Self {
        url.to_string()
    }
}

impl From<PathBuf> for ClicksUrl {
    fn from(folder: PathBuf) -> Self {
        Self::Folder(folder)
    }
}

impl fmt::Display for ClicksUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::S3(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_folder_and_a_bucket_has_a_prefix() {
        for url in [
            "data/clicks",
            "/var/lib/terrace/clicks",
            "s3://garden/",
            "s3://garden/clicks/",
        ] {
            let read: ClicksUrl = url.parse().unwrap();
            assert_eq!(read.to_string(), url);
            assert_eq!(matches!(read, ClicksUrl::S3(_)), url.starts_with("s3"));
        }
        let short: ClicksUrl = "s3://garden/clicks".parse().unwrap();
        assert_eq!(short.to_string(), "s3://garden/clicks/");
        for wrong in ["", "gs://garden/", "s3://", "s3://garden/?a=b"] {
            let refused = wrong.parse::<ClicksUrl>().unwrap_err().to_string();
            assert!(
                refused.contains("s3://<bucket>/<prefix>"),
                "{wrong}: {refused}"
            );
        }
    }
}
