//! Writes what a stream has brought: each batch is a file of its name, so that one which comes again is written once.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{events::Fault, program::Records};

use super::{Outcome, count, files};
use crate::{click::Click, files::Files};

/// Writes into some files.
pub(crate) struct Filer {
    files: Arc<dyn Files>,
}

impl Filer {
    pub(crate) fn new(files: Arc<dyn Files>) -> Self {
        Self { files }
    }
}

#[async_trait]
impl Records for Filer {
    /// What cannot be read is left out and counted: it would hold up its shard until it is a day old.
    async fn take(&self, name: &str, records: Vec<Vec<u8>>) -> Result<(), Fault> {
        let mut clicks: Vec<Click> = Vec::new();
        for line in records
            .iter()
            .flat_map(|it| it.split(|byte| *byte == b'\n'))
        {
            match serde_json::from_slice(line) {
                Ok(click) => clicks.push(click),
                Err(_) if line.is_empty() => {}
                Err(_) => {
                    tracing::warn!(batch = name, "a line of a stream is no click");
                    count(Outcome::Lost, 1);
                }
            }
        }
        Ok(files::write(&*self.files, name, &clicks).await?)
    }
}
