//! The products' pictures: files named by their content, so that an address never changes its
//! picture and may be cached for ever.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use aws_lc_rs::digest;

/// The largest picture, in bytes.
pub(crate) const MAX_IMAGE: usize = 2 * 1024 * 1024;

/// A folder of pictures.
#[derive(Clone, Debug)]
pub(crate) struct Images {
    folder: PathBuf,
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
    /// Tells the kind by the bytes, never by what the sender says.
    pub(crate) fn sniff(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") && bytes.ends_with(b"IEND\xaeB`\x82")
        {
            return Some(Self::Png);
        }
        // After the start of the image stands a segment, not its end (0xD9) or a start anew (0xD8).
        if let [0xff, 0xd8, 0xff, 0xc0..=0xd7 | 0xda..=0xfe, .., 0xff, 0xd9] = bytes {
            return Some(Self::Jpeg);
        }
        let riff = bytes.get(..16)?;
        let length = u32::from_le_bytes([riff[4], riff[5], riff[6], riff[7]]) as usize;
        let is_webp = riff.starts_with(b"RIFF") && &riff[8..15] == b"WEBPVP8";
        (is_webp && length + 8 == bytes.len()).then_some(Self::WebP)
    }

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
        })
    }

    /// Keeps a picture and returns its name. A crash leaves no half of it: it is written beside,
    /// synced, and then takes its name.
    pub(crate) fn put(&self, bytes: &[u8], kind: Kind) -> io::Result<String> {
        let name = name_of(bytes, kind);
        let path = self.folder.join(&name);
        if !path.exists() {
            let beside = self
                .folder
                .join(format!("{name}.{}", uuid::Uuid::now_v7().simple()));
            let mut file = fs::File::create(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(beside, path)?;
        }
        Ok(name)
    }

    /// A picture and its kind. Only names that [`Images::put`] made are looked up.
    pub(crate) fn get(&self, name: &str) -> io::Result<Option<(Vec<u8>, Kind)>> {
        let ours = |(stem, _): (&str, &str)| {
            stem.len() == 24
                && stem
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
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
    let hash = digest::digest(&digest::SHA256, bytes);
    let hex: String = hash.as_ref()[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{hex}.{}", kind.extension())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_told_by_its_bytes() {
        let mut webp = b"RIFF\x0c\0\0\0WEBPVP8 \0\0\0\0".to_vec();
        assert_eq!(Kind::sniff(&webp), Some(Kind::WebP));
        webp.push(0);
        assert_eq!(Kind::sniff(&webp), None);
        assert_eq!(
            Kind::sniff(b"\xff\xd8\xff\xe0 ... \xff\xd9"),
            Some(Kind::Jpeg)
        );
        assert_eq!(
            Kind::sniff(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
            None
        );
        assert_eq!(Kind::sniff(b""), None);
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
