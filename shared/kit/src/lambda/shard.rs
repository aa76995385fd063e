//! Batches of a stream of Kinesis (docs.aws.amazon.com/lambda: "Using Lambda with Amazon Kinesis Data Streams"): some
//! records of one shard, in their order. Lambda goes on behind the batch, or begins again at the record that the
//! answer names; a batch is taken whole or not at all, so that it is the first one.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;

use super::batch::Failures;
use crate::{deadline::Deadline, program::Records};

/// What the event of a stream calls itself.
const SOURCE: &str = "aws:kinesis";

/// Some records of a shard.
#[derive(Deserialize)]
pub(super) struct Shard {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    /// The shard's name and the record's number in it.
    #[serde(rename = "eventID")]
    id: String,
    kinesis: Told,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    sequence_number: String,
    data: String,
}

impl Shard {
    /// The batch in this event, if it is one.
    pub(super) fn of(event: &Value) -> Option<Result<Self, serde_json::Error>> {
        let source = event.pointer("/Records/0/eventSource")?;
        (source == SOURCE).then(|| Self::deserialize(event))
    }

    /// Hands the records over.
    pub(super) async fn take(self, records: &dyn Records, end: Deadline) -> Failures {
        let (Some(first), Some(last)) = (self.records.first(), self.records.last()) else {
            return Failures::default();
        };
        let name = format!(
            "{}-{}",
            first.id.replace(':', "-"),
            last.kinesis.sequence_number
        );
        let begin = first.kinesis.sequence_number.clone();
        let data = self
            .records
            .iter()
            .map(|it| STANDARD.decode(&it.kinesis.data));
        let taken = match data.collect() {
            Ok(data) => tokio::time::timeout_at(end.instant(), records.take(&name, data))
                .await
                .unwrap_or_else(|_| Err("the function's time was over".into())),
            Err(_) => Err("a record is no base64".into()),
        };
        match taken {
            Ok(()) => Failures::default(),
            Err(fault) => {
                tracing::warn!(%fault, name, "a batch of a stream has to come again");
                Failures::at(begin)
            }
        }
    }
}
