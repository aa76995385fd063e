//! Records of a stream of Kinesis, which a function is called with.

use async_trait::async_trait;

use crate::events::Fault;

/// Who takes them.
#[async_trait]
pub trait Records: Send + Sync {
    /// Takes a batch, all of it or nothing. One that failed comes again, under the same name while it has the same
    /// records.
    async fn take(&self, name: &str, records: Vec<Vec<u8>>) -> Result<(), Fault>;
}
