//! A file that a browser sends past us, to where pictures are kept, and what becomes of it: the product's picture,
//! once. Whoever sends it has a signature for this one file; we read it when we are told that it is there, by the
//! browser or by an event of the bucket, whichever comes first.
//!
//! A file's key says what it is for, so that nothing else has to be remembered: the product, and the picture that
//! it replaces. Who comes when the product shows another one already comes too late.

use std::{collections::BTreeMap, fmt, time::Duration};

use async_trait::async_trait;
use axum::body::Bytes;
use kit::events::Fault;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    images::{Kind, stem_of},
    photo,
    product::Product,
    store::Change,
};

/// What the keys of files begin with.
pub(crate) const UPLOADS: &str = "uploads/";

/// How long what was sent is kept: longer than an event may be late.
const KEPT: Duration = Duration::from_hours(24);

/// A file that a browser may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upload {
    product: Uuid,
    /// Of the picture that it replaces, 24 digits.
    replaced: String,
    id: Uuid,
}

/// How a browser sends a file.
#[derive(Serialize, ToSchema)]
pub(crate) struct Offer {
    /// Where to, by `PUT`, without cookies or a token: the address holds a signature.
    #[schema(example = "https://garden.s3.eu-central-1.amazonaws.com/uploads/0?X-Amz-Signature=0")]
    pub(crate) url: String,
    /// The headers to send: they are part of the signature, as is the size.
    #[schema(example = json!({ "content-type": "image/jpeg", "if-none-match": "*" }))]
    pub(crate) headers: BTreeMap<String, String>,
    /// In how many seconds it has to begin.
    #[schema(minimum = 1, example = 300)]
    pub(crate) expires_in: u64,
}

/// Where browsers send files by themselves.
#[async_trait]
pub(crate) trait Uploads: Send + Sync {
    /// Allows whoever has the answer to send a file of this kind and size, once, within minutes.
    async fn offer(&self, upload: &Upload, kind: Kind, size: usize) -> Result<Offer, Error>;

    /// The file, when it was sent; [`Error::ImageTooLarge`].
    async fn sent(&self, upload: &Upload) -> Result<Option<Bytes>, Error>;

    /// Deletes the files that were sent so long ago; how many.
    async fn forget(&self, age: Duration) -> Result<usize, Error>;
}

/// What a bucket tells: the message of an S3 event notification. Others, such as its test message, have no records.
#[derive(Deserialize)]
struct Notification {
    #[serde(default, rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventName")]
    event: String,
    s3: Entry,
}

#[derive(Deserialize)]
struct Entry {
    object: Named,
}

#[derive(Deserialize)]
struct Named {
    key: String,
}

impl Upload {
    /// One for this product, in place of the picture that it has.
    pub(crate) fn new(product: &Product) -> Self {
        Self {
            product: product.id,
            replaced: stem_of(product.image.as_bytes()),
            id: Uuid::now_v7(),
        }
    }

    /// The one of this name; none where it is no name of one.
    pub(crate) fn named(product: Uuid, name: &str) -> Option<Self> {
        let (replaced, id) = name.split_once('-')?;
        let upload = Self {
            product,
            replaced: replaced.to_owned(),
            id: Uuid::try_parse(id).ok()?,
        };
        let is_stem = replaced.len() == 24 && replaced.bytes().all(|b| b.is_ascii_hexdigit());
        // An id may be written in several ways, and one of them is ours.
        (is_stem && upload.to_string() == name).then_some(upload)
    }

    /// The one of this key, whatever stands before it.
    fn of_key(key: &str) -> Option<Self> {
        let (_, rest) = key.rsplit_once(UPLOADS)?;
        let (product, name) = rest.split_once('/')?;
        Self::named(Uuid::try_parse(product).ok()?, name)
    }

    /// Where the file is.
    #[cfg_attr(
        not(any(feature = "s3", test)),
        expect(dead_code, reason = "only buckets take files")
    )]
    pub(crate) fn key(&self) -> String {
        format!("{UPLOADS}{}/{self}", self.product)
    }

    /// Whether the product shows what this replaces.
    fn is_for(&self, product: &Product) -> bool {
        stem_of(product.image.as_bytes()) == self.replaced
    }
}

impl fmt::Display for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.replaced, self.id.simple())
    }
}

impl AppState {
    /// Makes the product's picture of a file that was sent; repeatable, and twice at once it is done once.
    /// [`Error::NotFound`] where it was not sent, [`Error::Changed`] where the product shows another picture by now.
    pub(crate) async fn finish(&self, upload: &Upload) -> Result<Product, Error> {
        let uploads = self.images.uploads().ok_or(Error::NoDirectUploads)?;
        self.shown(upload).await?;
        let file = uploads.sent(upload).await?.ok_or(Error::NotFound)?;
        if !photo::is_of_a_known_kind(&file) {
            return Err(Error::UnsupportedImage);
        }
        let image = self.images.take(file).await?;
        let expected = upload.clone();
        let seen = Box::new(move |product: &Product| expected.is_for(product));
        let change = Change::Image(image.clone());
        match self.store.change(upload.product, seen, change).await {
            Err(Error::Changed) => {
                let product = self.shown(upload).await?;
                match product.image == image {
                    true => Ok(product),
                    false => Err(Error::Changed),
                }
            }
            changed => changed,
        }
    }

    async fn shown(&self, upload: &Upload) -> Result<Product, Error> {
        let found = self.store.find(&upload.product.to_string()).await?;
        found.ok_or(Error::NotFound)
    }

    /// Takes what a bucket tells of new files: the JSON of an S3 event notification. What is no picture, or comes
    /// too late, is passed over; an error means that it shall be told again.
    pub async fn hear_of_uploads(&self, notification: &str) -> Result<(), Fault> {
        let told: Notification = serde_json::from_str(notification)?;
        let created = |record: &Record| record.event.contains("ObjectCreated:");
        for record in told.records.into_iter().filter(created) {
            // The keys are encoded as in a query.
            let key = record.s3.object.key.replace('+', " ");
            let key = percent_decode_str(&key).decode_utf8_lossy();
            let Some(upload) = Upload::of_key(&key) else {
                continue;
            };
            match self.finish(&upload).await {
                Ok(_) => {}
                Err(fault) if fault.is_refusal() => {
                    tracing::info!(%fault, product = %upload.product, "a file becomes no picture");
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(())
    }

    /// Deletes files that were sent more than a day ago: of them nothing is kept but the pictures.
    pub(crate) async fn forget_uploads(&self) -> Result<usize, Error> {
        match self.images.uploads() {
            Some(uploads) => uploads.forget(KEPT).await,
            None => Ok(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_a_file_is_for_and_has_one_form() {
        let upload = Upload {
            product: Uuid::now_v7(),
            replaced: "0123456789abcdef01234567".to_owned(),
            id: Uuid::now_v7(),
        };
        let (key, name) = (upload.key(), upload.to_string());

        assert_eq!(Upload::of_key(&key), Some(upload.clone()));
        assert_eq!(Upload::of_key(&format!("shop/{key}")), Some(upload.clone()));
        assert_eq!(Upload::named(upload.product, &name), Some(upload.clone()));
        for wrong in [
            name.to_uppercase(),
            format!("{name}0"),
            format!("../{name}"),
            format!("0123456789abcdef01234567-{}", upload.id),
            name.replacen('0', "g", 1),
            name[1..].to_owned(),
            String::new(),
        ] {
            assert_eq!(Upload::named(upload.product, &wrong), None, "{wrong}");
        }
        for wrong in ["pictures/a.webp", "uploads/", "uploads/a/b", ""] {
            assert_eq!(Upload::of_key(wrong), None, "{wrong}");
        }
    }
}
