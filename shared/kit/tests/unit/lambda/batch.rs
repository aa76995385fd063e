//! Records of a queue: each is taken or comes again, and in a group in their order. What a bucket tells is told apart.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::FutureExt;
use kit::{
    events::{Consumer, Event, Fault, Take},
    lambda::Function,
    program::Service,
};
use serde_json::{Value, json};

use super::{app, invocation, settings};

/// Notes what it takes, and takes nothing of the key `bad`.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

#[async_trait]
impl Consumer for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        for event in events {
            if event.key == "bad" {
                return Err("it is bad".into());
            }
            self.0.lock().unwrap().push(event.payload.clone());
        }
        Ok(())
    }
}

/// A record as "Example Amazon SQS message event" has it (docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).
fn record(id: &str, group: Option<&str>, body: &Value) -> Value {
    let body = body
        .as_str()
        .map_or_else(|| body.to_string(), str::to_owned);
    json!({
        "messageId": id,
        "receiptHandle": "AQEB",
        "body": body,
        "attributes": { "ApproximateReceiveCount": "1", "MessageGroupId": group },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:orders.fifo",
        "awsRegion": "eu-west-1"
    })
}

fn event(key: &str, payload: &str) -> Value {
    let event = Event {
        key: key.to_owned(),
        ..Event::new("order.confirmed", key, &json!({}))
    };
    json!(Event {
        payload: payload.to_owned(),
        ..event
    })
}

async fn take(records: Vec<Value>) -> (Vec<String>, Value) {
    take_with(records, None).await
}

async fn take_with(records: Vec<Value>, notified: Option<Arc<Take>>) -> (Vec<String>, Value) {
    let notes = Arc::new(Notes::default());
    let service = Service {
        consumers: vec![notes.clone()],
        notified,
        ..Service::<_, ()>::new(app())
    };
    let function = Function::new("orders", service, settings());
    let batch = json!({ "Records": records });
    let answer = function.handle(batch, &invocation("")).await.unwrap();
    let taken = notes.0.lock().unwrap().clone();
    (taken, answer)
}

fn failures(ids: &[&str]) -> Value {
    let failures = ids.iter().map(|id| json!({ "itemIdentifier": id }));
    json!({ "batchItemFailures": failures.collect::<Vec<_>>() })
}

#[tokio::test]
async fn one_bad_record_comes_again_alone() {
    let wrapped = json!({ "Type": "Notification", "TopicArn": "arn", "Message": event("c", "3").to_string() });

    let (taken, answer) = take(vec![
        record("1", None, &event("a", "1")),
        record("2", None, &event("bad", "2")),
        record("3", None, &wrapped),
        record("4", None, &json!("no event")),
        record("5", None, &json!({ "id": 7 })),
    ])
    .await;

    assert_eq!(taken, ["1", "3"]);
    assert_eq!(answer, failures(&["2", "4", "5"]));
}

#[tokio::test]
async fn in_a_group_all_that_follows_comes_again_too() {
    let (taken, answer) = take(vec![
        record("1", Some("x"), &event("x", "1")),
        record("2", Some("x"), &event("bad", "2")),
        record("3", Some("y"), &event("y", "3")),
        record("4", Some("x"), &event("x", "4")),
    ])
    .await;

    assert_eq!(taken, ["1", "3"]);
    assert_eq!(answer, failures(&["2", "4"]));
}

#[tokio::test]
async fn a_batch_that_is_none_is_refused_whole_so_that_it_comes_again() {
    let function = super::function();
    let batch = json!({ "Records": [{ "eventSource": "aws:sqs", "body": "{}" }] });

    assert!(function.handle(batch, &invocation("")).await.is_err());
}

/// As "Event message structure" and "Test messages" have them (docs.aws.amazon.com/AmazonS3/latest/userguide).
fn told(key: &str) -> Value {
    json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "s3": { "bucket": { "name": "garden" }, "object": { "key": key, "size": 7 } },
    }] })
}

#[tokio::test]
async fn what_a_bucket_tells_is_for_who_hears_of_it_and_no_event() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notes = heard.clone();
    let hears = move |told: String| {
        notes.lock().unwrap().push(told.clone());
        async move {
            match told.contains("bad") {
                true => Err("it is bad".into()),
                false => Ok(()),
            }
        }
        .boxed()
    };
    let trial = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "garden" });

    let records = vec![
        record("1", None, &told("uploads/1")),
        record("2", None, &told("uploads/bad")),
        record("3", None, &trial),
        record("4", None, &event("a", "4")),
    ];
    let (taken, answer) = take_with(records, Some(Arc::new(hears))).await;

    assert_eq!(taken, ["4"]);
    assert_eq!(answer, failures(&["2"]));
    let told = [told("uploads/1"), told("uploads/bad"), trial];
    assert_eq!(*heard.lock().unwrap(), told.map(|it| it.to_string()));
}

#[tokio::test]
async fn what_a_bucket_tells_comes_again_where_nobody_hears_of_it() {
    let (taken, answer) = take(vec![record("1", None, &told("uploads/1"))]).await;

    assert_eq!(taken, [""; 0]);
    assert_eq!(answer, failures(&["1"]));
}
