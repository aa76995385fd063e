//! What is read from the root and held. Every request looks at the file system, so a build may be
//! replaced at any time; what is held saves the reading and hashing of what has not changed.

use std::{
    fs::{self, Metadata},
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use aws_lc_rs::digest;
use axum::body::Body;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use moka::sync::Cache;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::{conditional::Validators, media, policy};

/// Files larger than this, in bytes, are streamed from disk and never held.
const LARGE: u64 = 4 * 1024 * 1024;

/// Where the build puts files whose names change with their content.
pub(crate) const IMMUTABLE: &str = "_app/immutable/";

/// How many bytes are held in all.
const HELD: u64 = 24 * 1024 * 1024;

/// How long browsers may keep the file of this name.
pub(crate) fn cache_control(name: &str) -> &'static str {
    match name.starts_with(IMMUTABLE) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    }
}

/// The files below the root.
pub(crate) struct Files {
    root: PathBuf,
    held: Cache<String, Arc<File>>,
}

/// One version of a file.
pub(crate) struct File {
    stamp: Stamp,
    etag: String,
    content: Content,
    /// The hashes of a page's inline scripts, as a policy's sources.
    pub(crate) scripts: String,
}

enum Content {
    Held(Bytes),
    OnDisk(PathBuf),
}

/// By what another version of a file is known without reading it. The change time cannot be set,
/// unlike the modification time, which builds often do.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
    #[cfg(unix)]
    changed: (u64, i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> io::Result<Self> {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Ok(Self {
            modified: metadata.modified()?,
            length: metadata.len(),
            #[cfg(unix)]
            changed: (metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

impl Files {
    pub(crate) fn new(root: PathBuf) -> Self {
        let held = Cache::builder()
            .weigher(|_, file: &Arc<File>| u32::try_from(file.weight()).unwrap_or(u32::MAX))
            .max_capacity(HELD)
            .build();
        Self { root, held }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether there is a file of this name.
    pub(crate) fn is_file(&self, name: &str) -> bool {
        self.metadata(name).is_some()
    }

    /// The file's present version; none where there is no file of this name.
    pub(crate) async fn get(&self, name: &str) -> io::Result<Option<Arc<File>>> {
        let Some(metadata) = self.metadata(name) else {
            return Ok(None);
        };
        let stamp = Stamp::of(&metadata)?;
        if let Some(file) = self.held.get(name).filter(|file| file.stamp == stamp) {
            return Ok(Some(file));
        }
        let path = self.root.join(name);
        let is_html = media::is_html(name);
        let read = tokio::task::spawn_blocking(move || File::read(path, is_html));
        let (file, settled) = match read.await.map_err(io::Error::other)? {
            Ok(read) => read,
            // Taken away in between: a build is being replaced.
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let file = Arc::new(file);
        if settled {
            self.held.insert(name.to_owned(), file.clone());
        }
        Ok(Some(file))
    }

    /// One look at the file system, inline: the kernel has the answer in memory.
    fn metadata(&self, name: &str) -> Option<Metadata> {
        let metadata = fs::metadata(self.root.join(name)).ok()?;
        metadata.is_file().then_some(metadata)
    }
}

impl File {
    /// Reads a file; also tells whether it stood still meanwhile, so that it may be held.
    fn read(path: PathBuf, is_html: bool) -> io::Result<(Self, bool)> {
        let mut open = fs::File::open(&path)?;
        let stamp = Stamp::of(&open.metadata()?)?;
        if stamp.length > LARGE {
            let since = stamp.modified.duration_since(SystemTime::UNIX_EPOCH);
            let since = since.unwrap_or_default().as_nanos();
            let file = Self {
                etag: format!("\"{since:x}-{:x}\"", stamp.length),
                content: Content::OnDisk(path),
                scripts: String::new(),
                stamp,
            };
            return Ok((file, true));
        }
        let mut bytes = Vec::with_capacity(stamp.length as usize);
        open.read_to_end(&mut bytes)?;
        let settled = Stamp::of(&open.metadata()?)? == stamp;
        let digest = digest::digest(&digest::SHA256, &bytes);
        let file = Self {
            etag: format!(
                "\"{}\"",
                BASE64_URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16])
            ),
            scripts: match is_html {
                true => policy::inline_scripts(&String::from_utf8_lossy(&bytes)),
                false => String::new(),
            },
            content: Content::Held(bytes.into()),
            stamp,
        };
        Ok((file, settled))
    }

    fn weight(&self) -> u64 {
        let content = match &self.content {
            Content::Held(bytes) => bytes.len() as u64,
            Content::OnDisk(_) => 0,
        };
        content + 512
    }

    pub(crate) fn validators(&self) -> Validators<'_> {
        Validators {
            etag: &self.etag,
            modified: self.stamp.modified,
        }
    }

    pub(crate) fn length(&self) -> u64 {
        match &self.content {
            Content::Held(bytes) => bytes.len() as u64,
            Content::OnDisk(_) => self.stamp.length,
        }
    }

    /// All of it, where it is held: nothing of a large file.
    pub(crate) fn held(&self) -> &[u8] {
        match &self.content {
            Content::Held(bytes) => bytes,
            Content::OnDisk(_) => &[],
        }
    }

    /// These bytes of it, which must lie inside.
    pub(crate) async fn body(&self, range: Range<u64>) -> io::Result<Body> {
        match &self.content {
            Content::Held(bytes) => {
                Ok(bytes.slice(range.start as usize..range.end as usize).into())
            }
            Content::OnDisk(path) => {
                let mut file = tokio::fs::File::open(path).await?;
                file.seek(io::SeekFrom::Start(range.start)).await?;
                let part = file.take(range.end - range.start);
                Ok(Body::from_stream(ReaderStream::with_capacity(
                    part,
                    64 * 1024,
                )))
            }
        }
    }
}
