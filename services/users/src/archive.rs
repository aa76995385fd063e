//! An archive of all that the shop keeps of a person: a ZIP file with a JSON document a service.

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, result::ZipResult, write::SimpleFileOptions};

use crate::keepers::Keepers;

/// A file of an archive.
pub(crate) type File = (String, String);

/// What is said of the files.
pub(crate) fn readme(keepers: &Keepers) -> File {
    let lines = keepers.iter();
    let lines: String = lines
        .map(|keeper| format!("{:16}{}\n", keeper.file(), keeper.about))
        .collect();
    let text = include_str!("archive/README.txt").replace("{files}", &lines);
    ("README.txt".into(), text)
}

/// Packs files. That takes the processor for a moment.
pub(crate) fn pack(files: &[File]) -> ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in files {
        archive.start_file(name.as_str(), options)?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}
