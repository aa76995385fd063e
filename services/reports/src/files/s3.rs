//! Files in a bucket of S3, whose own rules say how long they stay.

use async_trait::async_trait;
use aws::{
    Fault, Place,
    s3::{Bucket, BucketFault},
};
use futures::future::try_join_all;
use jiff::civil::Date;
use kit::bucket::BucketUrl;

use super::{Files, MEDIA_TYPE};
use crate::Error;

/// How many calls are under way at a time.
const AT_ONCE: usize = 16;

/// The adapter.
pub(super) struct S3(Bucket);

impl S3 {
    pub(super) async fn open(url: &BucketUrl) -> Self {
        // That of the environment.
        let place = Place {
            region: "",
            endpoint: None,
        };
        Self(Bucket::open(place, None, &url.bucket, &url.prefix).await)
    }
}

#[async_trait]
impl Files for S3 {
    async fn write(&self, path: &str, content: Vec<u8>) -> Result<(), Error> {
        let put = self.0.put_new(path, MEDIA_TYPE, content).await;
        put.map(drop).map_err(|fault| match fault {
            BucketFault::Other(fault) => error(fault),
            fault => Error::Internal(fault.into()),
        })
    }

    async fn list(&self) -> Result<Vec<String>, Error> {
        self.0.list("day=").await.map_err(error)
    }

    async fn delete(&self, paths: &[String]) -> Result<(), Error> {
        for some in paths.chunks(AT_ONCE) {
            let deleted: Vec<_> = some.iter().map(|path| self.0.delete(path)).collect();
            try_join_all(deleted).await.map_err(error)?;
        }
        Ok(())
    }

    async fn forget_before(&self, _: Date) -> Result<(), Error> {
        Ok(())
    }
}

fn error(fault: Fault) -> Error {
    match fault.is_passing {
        true => Error::Unavailable(fault.into()),
        false => Error::Internal(fault.into()),
    }
}
