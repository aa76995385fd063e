//! Records of a stream: a batch is taken whole, or begins again.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use kit::{
    events::Fault,
    lambda::Function,
    program::{Records, Service},
};
use serde_json::{Value, json};

use super::{app, invocation, settings};

/// Notes the batches that it takes, and takes none with `bad` in it.
#[derive(Default)]
struct Notes(Mutex<Vec<(String, Vec<Vec<u8>>)>>);

#[async_trait]
impl Records for Notes {
    async fn take(&self, name: &str, records: Vec<Vec<u8>>) -> Result<(), Fault> {
        if records.iter().any(|record| record == b"bad") {
            return Err("it is bad".into());
        }
        self.0.lock().unwrap().push((name.to_owned(), records));
        Ok(())
    }
}

/// A record as "Using Lambda with Amazon Kinesis Data Streams" has it.
fn record(number: u32, data: &str) -> Value {
    json!({
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": number.to_string(),
            "data": data,
            "approximateArrivalTimestamp": 1_545_084_650.987,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": format!("shardId-000000000006:{number}"),
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-role",
        "awsRegion": "us-east-2",
        "eventSourceARN": "arn:aws:kinesis:us-east-2:123456789012:stream/clicks"
    })
}

async fn take(records: &[Value]) -> (Vec<(String, Vec<Vec<u8>>)>, Value) {
    let notes = Arc::new(Notes::default());
    let service = Service {
        records: Some(notes.clone()),
        ..Service::<_, ()>::new(app())
    };
    let function = Function::new("reports", service, settings());
    let batch = json!({ "Records": records });
    let answer = function.handle(batch, &invocation("")).await.unwrap();
    let taken = notes.0.lock().unwrap().clone();
    (taken, answer)
}

#[tokio::test]
async fn a_batch_is_handed_over_with_a_name_that_its_records_give_it() {
    let records = ["one", "two", "three"].map(|text| STANDARD.encode(text));
    let records = [11, 12, 13].into_iter().zip(&records);
    let records: Vec<_> = records.map(|(number, data)| record(number, data)).collect();

    let (taken, answer) = take(&records).await;

    let data = ["one", "two", "three"].map(|text| text.as_bytes().to_vec());
    let name = "shardId-000000000006-11-13".to_owned();
    assert_eq!(taken, [(name, data.to_vec())]);
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
}

#[tokio::test]
async fn a_batch_that_is_not_taken_begins_again_at_its_first_record() {
    let (good, bad) = (STANDARD.encode("good"), STANDARD.encode("bad"));

    for second in [&bad, "no base64!"] {
        let (taken, answer) = take(&[record(11, &good), record(12, second)]).await;

        assert!(taken.is_empty());
        let again = json!({ "batchItemFailures": [{ "itemIdentifier": "11" }] });
        assert_eq!(answer, again);
    }
}

#[tokio::test]
async fn a_service_that_takes_no_records_says_so() {
    let function = Function::new("orders", Service::<_, ()>::new(app()), settings());
    let batch = json!({ "Records": [record(1, "")] });

    let refused = function.handle(batch, &invocation("")).await.unwrap_err();

    assert!(refused.to_string().contains("does not know"), "{refused}");
}
