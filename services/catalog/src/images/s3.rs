//! Pictures in a bucket: what is shown under `pictures/`, what browsers send under `uploads/`. Nobody but the
//! shop reads either.

use std::time::Duration;

use async_trait::async_trait;
use aws::{
    Fault, Place,
    s3::{Bucket, BucketFault},
};
use axum::body::Bytes;
use kit::bucket::BucketUrl;

use super::{Kind, MAX_IMAGE, Pictures, address::S3Url};
use crate::{
    Error,
    upload::{Offer, UPLOADS, Upload, Uploads},
};

/// How long a browser may wait before it sends what it asked to send.
const OFFERED: Duration = Duration::from_secs(300);

/// The adapter.
pub(super) struct S3 {
    bucket: Bucket,
}

impl S3 {
    pub(super) async fn open(url: &S3Url) -> Self {
        let place = Place {
            region: &url.region,
            endpoint: url.endpoint.as_deref(),
        };
        let BucketUrl { bucket, prefix } = &url.bucket;
        Self {
            bucket: Bucket::open(place, url.public.as_deref(), bucket, prefix).await,
        }
    }
}

#[async_trait]
impl Pictures for S3 {
    async fn keep(&self, name: &str, kind: Kind, bytes: Bytes) -> Result<(), Error> {
        let key = format!("pictures/{name}");
        let put = self.bucket.put_new(&key, kind.media_type(), bytes.into());
        Ok(put.await.map(drop)?)
    }

    async fn get(&self, name: &str) -> Result<Option<Bytes>, Error> {
        let key = format!("pictures/{name}");
        let picture = self.bucket.get(&key, MAX_IMAGE).await?;
        Ok(picture.map(Bytes::from))
    }

    fn uploads(&self) -> Option<&dyn Uploads> {
        Some(self)
    }
}

#[async_trait]
impl Uploads for S3 {
    async fn offer(&self, upload: &Upload, kind: Kind, size: usize) -> Result<Offer, Error> {
        let (key, kind) = (upload.key(), kind.media_type());
        let signed = self.bucket.presign_put_new(&key, kind, size, OFFERED);
        let signed = signed.await?;
        Ok(Offer {
            url: signed.url,
            headers: signed.headers.into_iter().collect(),
            expires_in: OFFERED.as_secs(),
        })
    }

    async fn sent(&self, upload: &Upload) -> Result<Option<Bytes>, Error> {
        let file = self.bucket.get(&upload.key(), MAX_IMAGE).await?;
        Ok(file.map(Bytes::from))
    }

    async fn forget(&self, age: Duration) -> Result<usize, Error> {
        Ok(self.bucket.delete_older(UPLOADS, age).await?)
    }
}

impl From<BucketFault> for Error {
    fn from(fault: BucketFault) -> Self {
        match fault {
            BucketFault::TooLarge => Self::ImageTooLarge,
            BucketFault::Other(fault) => fault.into(),
            fault => Self::Internal(fault.into()),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault.is_passing {
            true => Self::Unavailable(fault.into()),
            false => Self::Internal(fault.into()),
        }
    }
}
