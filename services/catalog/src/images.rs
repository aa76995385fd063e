//! The products' pictures: named by their content, so that an address never changes its picture and
//! may be cached for ever. They are kept in a folder or in a bucket of S3.

mod address;
#[cfg(test)]
mod contract;
mod folder;
#[cfg(feature = "s3")]
mod s3;

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::digest;
use axum::body::Bytes;
use tokio::sync::Semaphore;

pub use address::{BadImagesUrl, ImagesUrl};

use crate::{
    Error,
    photo::{self, Rendition},
    upload::Uploads,
};

/// The largest file that staff may send, in bytes.
pub(crate) const MAX_IMAGE: usize = 10 * 1024 * 1024;

/// Where pictures are kept.
#[async_trait]
pub(crate) trait Pictures: Send + Sync {
    /// Keeps a picture under its name, whole or not at all. Where there is one of this name it stays: its
    /// content is the same.
    async fn keep(&self, name: &str, kind: Kind, bytes: Bytes) -> Result<(), Error>;

    /// The picture of this name.
    async fn get(&self, name: &str) -> Result<Option<Bytes>, Error>;

    /// Where browsers send files by themselves; none where files come through the shop alone.
    fn uploads(&self) -> Option<&dyn Uploads> {
        None
    }
}

/// The pictures. Clones share them.
#[derive(Clone)]
pub(crate) struct Images {
    pictures: Arc<dyn Pictures>,
    /// One photo is decoded at a time: it may take 200 MB.
    desk: Arc<Semaphore>,
}

/// The kinds of pictures that the shop shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Png,
    Jpeg,
    WebP,
    /// The assortment's drawings only; never uploaded.
    Svg,
}

impl Kind {
    fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
            Self::Svg => "svg",
        }
    }

    /// Tells the kind by a file's name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        [Self::Png, Self::Jpeg, Self::WebP, Self::Svg]
            .into_iter()
            .find(|kind| kind.extension() == extension)
    }

    /// The media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Svg => "image/svg+xml",
        }
    }
}

impl Images {
    pub(crate) async fn open(url: &ImagesUrl) -> Result<Self, BadImagesUrl> {
        Ok(Self {
            pictures: address::open(url).await?,
            desk: Arc::new(Semaphore::new(1)),
        })
    }

    /// Keeps a photo in its widths and returns the name of the widest.
    pub(crate) async fn take(&self, photo: Bytes) -> Result<String, Error> {
        let turn = self.desk.clone().acquire_owned().await;
        // Whoever asked may go away meanwhile: the turn is over when the work is.
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            photo::renditions(&photo)
        });
        let made = work.await.map_err(|fault| Error::Internal(fault.into()))?;
        let made = made?;
        let stem = stem_of(made.last().map_or(&[][..], |widest| &widest.webp));
        let mut name = String::new();
        for Rendition { width, webp } in made {
            name = format!("{stem}-{width}.webp");
            self.pictures.keep(&name, Kind::WebP, webp.into()).await?;
        }
        Ok(name)
    }

    /// Keeps a drawing, or another picture as it is, and returns its name.
    pub(crate) async fn put(&self, bytes: Bytes, kind: Kind) -> Result<String, Error> {
        let name = name_of(&bytes, kind);
        self.pictures.keep(&name, kind, bytes).await?;
        Ok(name)
    }

    /// A picture and its kind. Only names that are made here are looked up.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<(Bytes, Kind)>, Error> {
        let ours = |(stem, _): (&str, &str)| {
            let (hash, width) = stem.split_once('-').unwrap_or((stem, "0"));
            hash.len() == 24
                && hash
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
                && width.len() <= 3
                && width.bytes().all(|b| b.is_ascii_digit())
        };
        let Some(kind) = Kind::of(name).filter(|_| name.rsplit_once('.').is_some_and(ours)) else {
            return Ok(None);
        };
        let bytes = self.pictures.get(name).await?;
        Ok(bytes.map(|bytes| (bytes, kind)))
    }

    /// See [`Pictures::uploads`].
    pub(crate) fn uploads(&self) -> Option<&dyn Uploads> {
        self.pictures.uploads()
    }
}

/// The name of a picture: its content decides.
pub(crate) fn name_of(bytes: &[u8], kind: Kind) -> String {
    format!("{}.{}", stem_of(bytes), kind.extension())
}

/// The beginning of a name: 24 digits.
pub(crate) fn stem_of(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref()[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The widths of a photo and their names, by the name of its widest, the narrowest first. A drawing
/// has none, nor has what was sent before photos were made anew.
pub(crate) fn widths_of(name: &str) -> Vec<(u32, String)> {
    let stem = name.strip_suffix(".webp");
    let photo = stem.and_then(|stem| stem.split_once('-'));
    let Some((stem, Ok(widest))) = photo.map(|(stem, width)| (stem, width.parse())) else {
        return Vec::new();
    };
    let widths = photo::widths(widest).into_iter();
    widths
        .map(|width| (width, format!("{stem}-{width}.webp")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_photo_tells_its_widths() {
        let names = |name| widths_of(name).into_iter().map(|(_, name)| name);
        let three = ["a-96.webp", "a-480.webp", "a-500.webp"];

        assert!(names("a-500.webp").eq(three));
        assert!(names("a-60.webp").eq(["a-60.webp"]));
        for whole in ["a.webp", "a.svg", "a-500.png", "a-wide.webp"] {
            assert_eq!(names(whole).count(), 0, "{whole}");
        }
    }

    #[tokio::test]
    async fn a_name_that_is_not_ours_finds_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let images = Images::open(&dir.path().to_owned().into()).await.unwrap();
        let drawing = Bytes::from_static(b"drawing");
        let name = images.put(drawing.clone(), Kind::Svg).await.unwrap();

        let found = async |name| images.get(name).await.unwrap();
        assert_eq!(found(&name).await, Some((drawing, Kind::Svg)));
        assert_eq!(found("../secret.svg").await, None);
        assert_eq!(found("0123456789abcdef01234567.svg").await, None);
    }
}
