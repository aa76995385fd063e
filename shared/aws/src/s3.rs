//! A bucket of S3, or of any server that speaks its protocol.

mod fault;

use std::time::{Duration, SystemTime};

use aws_sdk_s3::{
    Client,
    config::{Builder, RequestChecksumCalculation, ResponseChecksumValidation},
    presigning::PresigningConfig,
    primitives::ByteStream,
    types::Object,
};

pub use fault::BucketFault;

use crate::{Fault, Place};

/// How long a call may take with all its attempts.
const PATIENCE: Duration = Duration::from_secs(8);

/// A bucket, or the part of one whose keys begin with a prefix.
pub struct Bucket {
    client: Client,
    /// The same, under the name by which browsers reach it.
    public: Client,
    name: String,
    prefix: String,
}

/// A request that somebody without credentials may make once it is signed.
#[derive(Debug)]
pub struct Presigned {
    /// Where it goes, with the signature.
    pub url: String,
    /// The headers that are signed with it, but for the host's and the body's size.
    pub headers: Vec<(String, String)>,
}

impl Bucket {
    /// The bucket of this name. `public` is the address by which browsers reach the server, where that is
    /// another than ours.
    pub async fn open(place: Place<'_>, public: Option<&str>, name: &str, prefix: &str) -> Self {
        let configuration = place.configuration(PATIENCE).await;
        let client = |endpoint: Option<&str>| {
            let mut builder = Builder::from(&configuration)
                // Other servers than Amazon's have no names of their own for each bucket.
                .force_path_style(configuration.endpoint_url().is_some())
                // Sums of bytes are left to the servers that ask for them: a presigned request would have to bring one.
                .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
                .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
            if let Some(endpoint) = endpoint {
                builder = builder.endpoint_url(endpoint);
            }
            Client::from_conf(builder.build())
        };
        Self {
            client: client(None),
            public: client(public),
            name: name.to_owned(),
            prefix: prefix.to_owned(),
        }
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Writes an object unless there is one of this key; whether it was written.
    pub async fn put_new(
        &self,
        key: &str,
        media_type: &str,
        body: Vec<u8>,
    ) -> Result<bool, BucketFault> {
        let put = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(self.key(key))
            .content_type(media_type)
            .if_none_match("*")
            .body(ByteStream::from(body));
        let put = put.send().await.map_err(|e| Fault::of("PutObject", &e));
        match put.map_err(BucketFault::from) {
            Ok(_) => Ok(true),
            Err(BucketFault::Exists) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Reads an object of at most so many bytes; none where there is none of this key.
    pub async fn get(&self, key: &str, at_most: usize) -> Result<Option<Vec<u8>>, BucketFault> {
        let get = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(self.key(key));
        let object = get.send().await.map_err(|e| Fault::of("GetObject", &e));
        let object = match object.map_err(BucketFault::from) {
            Err(BucketFault::Missing) => return Ok(None),
            object => object?,
        };
        let size = object
            .content_length()
            .and_then(|size| size.try_into().ok());
        if size.is_none_or(|size: usize| size > at_most) {
            return Err(BucketFault::TooLarge);
        }
        let body = object.body.collect().await;
        let body = body.map_err(|fault| Fault::new(format!("GetObject: {fault}"), true))?;
        Ok(Some(body.to_vec()))
    }

    /// Signs a `PUT` of one object that is not there yet. Its key, type and size are part of the signature, and
    /// so is that a second one of this key is refused.
    pub async fn presign_put_new(
        &self,
        key: &str,
        media_type: &str,
        size: usize,
        life: Duration,
    ) -> Result<Presigned, Fault> {
        let life = PresigningConfig::expires_in(life);
        let life = life.map_err(|fault| Fault::new(format!("PutObject: {fault}"), false))?;
        let put = self
            .public
            .put_object()
            .bucket(&self.name)
            .key(self.key(key))
            .content_type(media_type)
            .content_length(i64::try_from(size).unwrap_or(i64::MAX))
            .if_none_match("*");
        let signed = put.presigned(life).await;
        let signed = signed.map_err(|e| Fault::of("PutObject", &e))?;
        // Whoever sends a body says its size by itself; browsers let no script do so.
        let headers = signed.headers().filter(|(name, _)| {
            !name.eq_ignore_ascii_case("content-length") && !name.eq_ignore_ascii_case("host")
        });
        Ok(Presigned {
            url: signed.uri().to_owned(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        })
    }

    /// The keys that begin so, in their order.
    pub async fn list(&self, start: &str) -> Result<Vec<String>, Fault> {
        let list = self.client.list_objects_v2().bucket(&self.name);
        let mut pages = list.prefix(self.key(start)).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| Fault::of("ListObjectsV2", &e))?;
            let own = page.contents().iter().filter_map(|object| object.key());
            let own = own.filter_map(|key| key.strip_prefix(&self.prefix));
            keys.extend(own.map(str::to_owned));
        }
        Ok(keys)
    }

    /// Deletes an object; repeatable.
    pub async fn delete(&self, key: &str) -> Result<(), Fault> {
        let delete = self.client.delete_object().bucket(&self.name);
        let deleted = delete.key(self.key(key)).send().await;
        deleted.map(drop).map_err(|e| Fault::of("DeleteObject", &e))
    }

    /// Deletes the objects whose keys begin so and that were written so long ago; how many.
    pub async fn delete_older(&self, start: &str, age: Duration) -> Result<usize, Fault> {
        let before = SystemTime::now() - age;
        let list = self.client.list_objects_v2().bucket(&self.name);
        let mut pages = list.prefix(self.key(start)).into_paginator().send();
        let mut deleted = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| Fault::of("ListObjectsV2", &e))?;
            for key in page.contents().iter().filter_map(|it| older(it, before)) {
                let delete = self.client.delete_object().bucket(&self.name).key(key);
                let answer = delete.send().await;
                answer.map_err(|e| Fault::of("DeleteObject", &e))?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }
}

/// The key of an object that was written before.
fn older(object: &Object, before: SystemTime) -> Option<&str> {
    let written: SystemTime = (*object.last_modified()?).try_into().ok()?;
    object.key().filter(|_| written < before)
}
