//! A stream of Kinesis.

use std::time::Duration;

use aws_sdk_kinesis::{Client, primitives::Blob};

use crate::{Fault, Place};

/// How long a call may take with all its attempts.
const PATIENCE: Duration = Duration::from_secs(1);

/// A stream.
pub struct Stream {
    client: Client,
    arn: String,
}

impl Stream {
    /// The stream of this name.
    pub async fn open(place: Place<'_>, arn: &str) -> Self {
        Self {
            client: Client::new(&place.configuration(PATIENCE).await),
            arn: arn.to_owned(),
        }
    }

    /// Puts a record of at most 1 MiB into the stream; those of one key keep their order.
    pub async fn put(&self, key: &str, record: Vec<u8>) -> Result<(), Fault> {
        let put = self.client.put_record().stream_arn(&self.arn);
        let put = put.partition_key(key).data(Blob::new(record)).send().await;
        put.map(drop).map_err(|e| Fault::of("PutRecord", &e))
    }
}
