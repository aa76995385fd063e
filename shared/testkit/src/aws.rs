//! Topics, queues and buckets on an emulator of AWS, which `AWS_ENDPOINT_URL` names to its clients.

use std::time::Duration;

use aws::{Place, SdkConfig};
use aws_sdk_s3::{
    Client as S3,
    config::Builder,
    types::{Event, NotificationConfiguration, QueueConfiguration},
};
use aws_sdk_sns::Client as Sns;
use aws_sdk_sqs::{
    Client as Sqs,
    types::QueueAttributeName::{FifoQueue, Policy, QueueArn, RedrivePolicy},
};
use serde_json::json;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(20);

/// A topic that keeps the order, and a queue that hears of it and has another for what is set aside.
pub struct Channel {
    /// The topic's name.
    pub topic: String,
    /// The queue's name.
    pub queue: String,
    sqs: Sqs,
    url: String,
}

impl Channel {
    /// A new one.
    pub async fn new() -> Self {
        let configuration = configuration().await;
        let (sns, sqs) = (Sns::new(&configuration), Sqs::new(&configuration));
        let name = Uuid::now_v7().simple().to_string();

        let topic = sns.create_topic().name(format!("{name}.fifo"));
        let topic = topic.attributes("FifoTopic", "true").send().await;
        let topic = topic.expect("a topic").topic_arn.expect("its name");
        let dead = sqs.create_queue().queue_name(format!("{name}-dead.fifo"));
        let dead = dead.attributes(FifoQueue, "true").send().await;
        let dead = dead.expect("a queue").queue_url.expect("its address");
        let dead = arn(&sqs, &dead).await;
        let redrive = json!({ "deadLetterTargetArn": dead, "maxReceiveCount": 20 });
        let queue = sqs.create_queue().queue_name(format!("{name}.fifo"));
        let queue = queue
            .attributes(FifoQueue, "true")
            .attributes(RedrivePolicy, redrive.to_string());
        let url = queue.send().await.expect("a queue").queue_url;
        let url = url.expect("its address");
        let queue = arn(&sqs, &url).await;
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" },
            "Action": "sqs:SendMessage", "Resource": queue,
            "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
        }] });
        let allow = sqs.set_queue_attributes().queue_url(&url);
        let allowed = allow.attributes(Policy, policy.to_string()).send().await;
        allowed.expect("a policy");
        let subscribe = sns.subscribe().topic_arn(&topic).protocol("sqs");
        let subscribe = subscribe
            .endpoint(&queue)
            .attributes("RawMessageDelivery", "true");
        subscribe.send().await.expect("a subscription");
        Self {
            topic,
            queue,
            sqs,
            url,
        }
    }

    /// Puts something into the queue.
    pub async fn send(&self, body: &str) {
        let send = self.sqs.send_message().queue_url(&self.url);
        let id = Uuid::now_v7().to_string();
        let send = send.message_body(body).message_group_id(&id);
        let sent = send.message_deduplication_id(&id).send().await;
        sent.expect("a message");
    }
}

/// Makes a bucket that tells of each new object, and a queue that it tells; the bucket's name and the queue's.
pub async fn telling_bucket() -> (String, String) {
    let configuration = configuration().await;
    let by_path = Builder::from(&configuration).force_path_style(true);
    let (s3, sqs) = (S3::from_conf(by_path.build()), Sqs::new(&configuration));
    let name = Uuid::now_v7().simple().to_string();

    let made = s3.create_bucket().bucket(&name).send().await;
    made.expect("a bucket");
    let queue = sqs.create_queue().queue_name(&name).send().await;
    let url = queue.expect("a queue").queue_url.expect("its address");
    let queue = arn(&sqs, &url).await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "s3.amazonaws.com" },
        "Action": "sqs:SendMessage", "Resource": queue,
    }] });
    let allow = sqs.set_queue_attributes().queue_url(&url);
    let allowed = allow.attributes(Policy, policy.to_string()).send().await;
    allowed.expect("a policy");
    let tell = QueueConfiguration::builder()
        .queue_arn(&queue)
        .events(Event::from("s3:ObjectCreated:*"))
        .build()
        .expect("it has all that it needs");
    let tell = NotificationConfiguration::builder().queue_configurations(tell);
    let put = s3.put_bucket_notification_configuration().bucket(&name);
    let put = put.notification_configuration(tell.build()).send().await;
    put.expect("a notification");
    (name, queue)
}

async fn configuration() -> SdkConfig {
    let place = Place {
        region: "us-east-1",
        endpoint: None,
    };
    place.configuration(PATIENCE).await
}

async fn arn(sqs: &Sqs, url: &str) -> String {
    let ask = sqs.get_queue_attributes().queue_url(url);
    let told = ask.attribute_names(QueueArn).send().await;
    let mut told = told.expect("its attributes").attributes.unwrap_or_default();
    told.remove(&QueueArn).expect("its name")
}
