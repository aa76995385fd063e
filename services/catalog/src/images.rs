//! The products' pictures: files named by their content, so that an address never changes its
//! picture and may be cached for ever.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_lc_rs::digest;
use axum::body::Bytes;
use tokio::sync::Semaphore;

use crate::photo::{self, Refused};

/// The largest file that staff may send, in bytes.
pub(crate) const MAX_IMAGE: usize = 10 * 1024 * 1024;

/// A folder of pictures. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Images {
    folder: PathBuf,
    /// One photo is decoded at a time: it may take 200 MB.
    desk: Arc<Semaphore>,
}

/// Why a photo was not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unkept {
    #[error("refused: {0:?}")]
    Refused(Refused),
    #[error(transparent)]
    File(#[from] io::Error),
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
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        kit::private::folder(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            desk: Arc::new(Semaphore::new(1)),
        })
    }

    /// Keeps a photo in its widths and returns the name of the widest.
    pub(crate) async fn take(&self, photo: Bytes) -> Result<String, Unkept> {
        let images = self.clone();
        let turn = self.desk.clone().acquire_owned().await;
        // Whoever asked may go away meanwhile: the turn is over when the work is.
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            images.put_photo(&photo)
        });
        work.await
            .unwrap_or_else(|fault| Err(io::Error::other(fault).into()))
    }

    /// As [`Images::take`], on this thread.
    pub(crate) fn put_photo(&self, photo: &[u8]) -> Result<String, Unkept> {
        let renditions = photo::renditions(photo).map_err(Unkept::Refused)?;
        let widest = renditions.last().map_or(&[][..], |widest| &widest.webp);
        let stem = stem_of(widest);
        let mut name = String::new();
        for rendition in &renditions {
            name = format!("{stem}-{}.webp", rendition.width);
            self.write(&name, &rendition.webp)?;
        }
        Ok(name)
    }

    /// Keeps a drawing, or another picture as it is, and returns its name.
    pub(crate) fn put(&self, bytes: &[u8], kind: Kind) -> io::Result<String> {
        let name = name_of(bytes, kind);
        self.write(&name, bytes)?;
        Ok(name)
    }

    /// A crash leaves no half of a file: it is written beside, synced, and then takes its name.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.folder.join(name);
        if !path.exists() {
            let beside = self
                .folder
                .join(format!("{name}.{}", uuid::Uuid::now_v7().simple()));
            let mut file = fs::File::create(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(beside, path)?;
        }
        Ok(())
    }

    /// A picture and its kind. Only names that are made here are looked up.
    pub(crate) fn get(&self, name: &str) -> io::Result<Option<(Vec<u8>, Kind)>> {
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
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => Ok(Some((bytes, kind))),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}

/// The name of a picture: its content decides.
pub(crate) fn name_of(bytes: &[u8], kind: Kind) -> String {
    format!("{}.{}", stem_of(bytes), kind.extension())
}

fn stem_of(bytes: &[u8]) -> String {
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

    #[test]
    fn a_name_that_is_not_ours_finds_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let images = Images::open(dir.path()).unwrap();
        let name = images.put(b"drawing", Kind::Svg).unwrap();

        assert_eq!(images.get(&name).unwrap().unwrap().0, b"drawing");
        assert!(images.get("../secret.svg").unwrap().is_none());
        assert!(
            images
                .get("0123456789abcdef01234567.svg")
                .unwrap()
                .is_none()
        );
    }
}
