//! Where pictures are kept, as the setting says it.

use std::{fmt, io, path::PathBuf, str::FromStr, sync::Arc};

use kit::bucket::BucketUrl;
use serde::{Deserialize, Serialize};

use super::{Pictures, folder::Folder};

/// Where pictures are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ImagesUrl {
    /// A folder, made when missing.
    Folder(PathBuf),
    /// A bucket of S3, or of a server that speaks its protocol.
    S3(S3Url),
}

/// A bucket and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Url {
    pub(super) bucket: BucketUrl,
    pub(super) region: String,
    /// The server, where it is not Amazon's.
    pub(super) endpoint: Option<String>,
    /// The same as browsers reach it, where they do by another address.
    pub(super) public: Option<String>,
}

/// Pictures cannot be kept there.
#[derive(Debug, thiserror::Error)]
pub enum BadImagesUrl {
    /// It is not written as it has to be.
    #[error(
        "images: expected a folder's path or s3://<bucket>/<prefix>?region=<region>, with &endpoint=<URL> and \
         &public=<URL> where wanted"
    )]
    Form,
    /// The adapter is not part of this program.
    #[error("images: this program was built without the feature s3")]
    NotBuilt,
    /// The folder cannot be made.
    #[error("images: {0}: {1}")]
    Folder(PathBuf, #[source] io::Error),
}

/// What keeps the pictures.
pub(super) async fn open(url: &ImagesUrl) -> Result<Arc<dyn Pictures>, BadImagesUrl> {
    match url {
        ImagesUrl::Folder(path) => {
            let folder = Folder::open(path);
            let folder = folder.map_err(|fault| BadImagesUrl::Folder(path.clone(), fault))?;
            Ok(Arc::new(folder))
        }
        #[cfg(feature = "s3")]
        ImagesUrl::S3(url) => Ok(Arc::new(super::s3::S3::open(url).await)),
        #[cfg(not(feature = "s3"))]
        ImagesUrl::S3(_) => Err(BadImagesUrl::NotBuilt),
    }
}

impl FromStr for ImagesUrl {
    type Err = BadImagesUrl;

    fn from_str(url: &str) -> Result<Self, BadImagesUrl> {
        match url.split_once("://") {
            Some(("s3", _)) => Ok(Self::S3(bucket(url).ok_or(BadImagesUrl::Form)?)),
            None if !url.is_empty() => Ok(Self::Folder(url.into())),
            _ => Err(BadImagesUrl::Form),
        }
    }
}

/// A bucket, with its parameters.
fn bucket(url: &str) -> Option<S3Url> {
    let (bucket, query) = url.split_once('?')?;
    let is_region = |name: &str| {
        let mut letters = name.chars();
        !name.is_empty() && letters.all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let (mut region, mut endpoint, mut public) = (None, None, None);
    for parameter in query.split('&') {
        let (name, value) = parameter.split_once('=')?;
        let slot = match name {
            "region" if is_region(value) => &mut region,
            "endpoint" if is_server(value) => &mut endpoint,
            "public" if is_server(value) => &mut public,
            _ => return None,
        };
        if slot.replace(value.to_owned()).is_some() {
            return None;
        }
    }
    // Only what is reached by another server's address has a second one.
    if public.is_some() && endpoint.is_none() {
        return None;
    }
    Some(S3Url {
        bucket: bucket.parse().ok()?,
        region: region?,
        endpoint,
        public,
    })
}

/// Whether it is `http://host` or `https://host:port`, and nothing behind it.
fn is_server(url: &str) -> bool {
    let uri: Option<http::Uri> = url.parse().ok();
    uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|it| !it.as_str().contains('@'))
            && uri.path() == "/"
            && uri.query().is_none()
    })
}

impl TryFrom<String> for ImagesUrl {
    type Error = BadImagesUrl;

    fn try_from(url: String) -> Result<Self, BadImagesUrl> {
        url.parse()
    }
}

impl From<ImagesUrl> for String {
    fn from(url: ImagesUrl) -> Self {
        url.to_string()
    }
}

impl From<PathBuf> for ImagesUrl {
    fn from(folder: PathBuf) -> Self {
        Self::Folder(folder)
    }
}

impl fmt::Display for ImagesUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::S3(url) => {
                write!(f, "{}?region={}", url.bucket, url.region)?;
                for (name, server) in [("endpoint", &url.endpoint), ("public", &url.public)] {
                    if let Some(server) = server {
                        write!(f, "&{name}={server}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_folder_and_a_bucket_says_where_it_is() {
        for url in [
            "data/images",
            "/var/lib/terrace/images",
            r"C:\images",
            "s3://garden/?region=eu-central-1",
            "s3://garden/pictures/?region=eu-central-1",
            "s3://garden/?region=us-east-1&endpoint=http://127.0.0.1:7070&public=https://pictures.example",
        ] {
            let read: ImagesUrl = url.parse().unwrap();
            assert_eq!(read.to_string(), url);
            assert_eq!(matches!(read, ImagesUrl::S3(_)), url.starts_with("s3"));
        }
        let short: ImagesUrl = "s3://garden?region=eu-central-1".parse().unwrap();
        assert_eq!(short.to_string(), "s3://garden/?region=eu-central-1");
    }

    #[test]
    fn what_is_neither_is_refused_with_the_form() {
        for url in [
            "",
            "gs://garden/?region=x",
            "s3://garden",
            "s3://garden/",
            "s3://garden/?region=",
            "s3://?region=eu-central-1",
            "s3://ab/?region=eu-central-1",
            "s3://Gar den/?region=eu-central-1",
            "s3://garden//a?region=eu-central-1",
            "s3://garden/?region=a&region=b",
            "s3://garden/?region=a&color=red",
            "s3://garden/?region=a&endpoint=files",
            "s3://garden/?region=a&endpoint=http://me@there",
            "s3://garden/?region=a&endpoint=http://there/path",
            "s3://garden/?region=a&public=http://there",
        ] {
            let refused = url.parse::<ImagesUrl>().unwrap_err().to_string();
            assert!(refused.contains("s3://<bucket>"), "{url}: {refused}");
        }
    }
}
