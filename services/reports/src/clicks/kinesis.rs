//! Clicks by a stream of Kinesis: a record a request, those of one visit in their order. The request waits for the
//! stream, for a second at most: a function does nothing after its answer.

use async_trait::async_trait;
use aws::{Place, kinesis::Stream};
use kit::events::{Fault, StreamArn};
use uuid::Uuid;

use super::Clicks;
use crate::click::{self, Click};

/// The adapter.
pub(super) struct Kinesis(Stream);

impl Kinesis {
    pub(super) async fn open(arn: &StreamArn) -> Self {
        let place = Place {
            region: arn.region(),
            endpoint: None,
        };
        Self(Stream::open(place, arn.as_str()).await)
    }
}

#[async_trait]
impl Clicks for Kinesis {
    async fn take(&self, visit: Uuid, clicks: Vec<Click>) -> Result<(), Fault> {
        let key = visit.to_string();
        Ok(self.0.put(&key, click::lines(&clicks)).await?)
    }
}
