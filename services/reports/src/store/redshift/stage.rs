//! How rows come into `staged_line`.

use async_trait::async_trait;
use kit::bucket::BucketUrl;
use sqlx::PgConnection;

use super::run;
use crate::Error;

/// Who reads files into the database.
#[async_trait]
pub trait Stage: Send + Sync {
    /// Puts the lines of all files of a day's folder into `staged_line`, which is empty, in the transaction that is
    /// open. Fails where there is none.
    async fn fill(&self, db: &mut PgConnection, day: &str) -> Result<(), Error>;
}

/// Redshift itself, which reads the bucket by a role of its own.
pub struct Copy(BucketUrl);

impl Copy {
    /// Reads this bucket.
    pub fn new(bucket: BucketUrl) -> Self {
        Self(bucket)
    }
}

#[async_trait]
impl Stage for Copy {
    async fn fill(&self, db: &mut PgConnection, day: &str) -> Result<(), Error> {
        let from = format!("{}{day}/", self.0);
        run(db, include_str!("../../../redshift/copy.sql"), &[&from]).await
    }
}
