//! Files in a bucket of S3, whose own rules say how long they stay.

use async_trait::async_trait;
use aws::{
    Place,
    s3::{Bucket, BucketFault},
};
use jiff::civil::Date;

use super::{Files, MEDIA_TYPE};
use crate::{Error, clicks::address::BucketUrl};

/// The adapter.
pub(in crate::clicks) struct S3(Bucket);

impl S3 {
    pub(in crate::clicks) async fn open(url: &BucketUrl) -> Self {
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
            BucketFault::Other(fault) if fault.is_passing => Error::Unavailable(fault.into()),
            fault => Error::Internal(fault.into()),
        })
    }

    async fn forget_before(&self, _: Date) -> Result<(), Error> {
        Ok(())
    }
}
