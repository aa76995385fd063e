//! A bucket of S3, as settings name it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A bucket, or the part of one whose keys begin with a prefix: `s3://<bucket>/<prefix>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketUrl {
    /// The bucket's name.
    pub bucket: String,
    /// What keys begin with; empty or with a slash at the end.
    pub prefix: String,
}

/// No bucket is named so.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected s3://<bucket>/<prefix>")]
pub struct BadBucketUrl;

impl FromStr for BucketUrl {
    type Err = BadBucketUrl;

    fn from_str(url: &str) -> Result<Self, BadBucketUrl> {
        let place = url.strip_prefix("s3://").ok_or(BadBucketUrl)?;
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let is_name = |name: &str, others: &str| {
            let mut letters = name.chars();
            letters.all(|c| c.is_ascii_alphanumeric() || others.contains(c))
        };
        let has_form = (3..=63).contains(&bucket.len())
            && is_name(bucket, "-.")
            && is_name(prefix, "-_./")
            && !prefix.starts_with('/');
        if !has_form {
            return Err(BadBucketUrl);
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: match prefix.trim_end_matches('/') {
                "" => String::new(),
                prefix => format!("{prefix}/"),
            },
        })
    }
}

impl TryFrom<String> for BucketUrl {
    type Error = BadBucketUrl;

    fn try_from(url: String) -> Result<Self, BadBucketUrl> {
        url.parse()
    }
}

impl From<BucketUrl> for String {
    fn from(url: BucketUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_a_name_and_a_prefix_that_ends_with_a_slash() {
        for (url, shown) in [
            ("s3://garden", "s3://garden/"),
            ("s3://garden/", "s3://garden/"),
            ("s3://garden/clicks", "s3://garden/clicks/"),
            ("s3://my.garden/a/b_c/", "s3://my.garden/a/b_c/"),
        ] {
            let read: BucketUrl = url.parse().unwrap();
            assert_eq!(read.to_string(), shown);
            assert_eq!(shown.parse(), Ok(read));
        }
        for wrong in [
            "",
            "garden",
            "gs://garden/",
            "s3:/garden/",
            "s3://",
            "s3://ab",
            "s3://gar den/",
            "s3://gar'den/",
            "s3://garden//a",
            "s3://garden/it's",
            "s3://garden/?a=b",
        ] {
            assert_eq!(wrong.parse::<BucketUrl>(), Err(BadBucketUrl), "{wrong}");
        }
    }
}
