//! Topics and queues of AWS, as settings name them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A name on AWS: `arn:aws:<service>:<region>:<account>:<name>`, where some services begin the name with its kind.
#[derive(Clone, PartialEq, Eq)]
struct Arn {
    text: String,
    region: String,
    account: String,
    name: String,
}

/// A FIFO topic of SNS.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TopicArn(Arn);

/// A queue of SQS.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QueueArn(Arn);

/// A stream of Kinesis.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamArn(Arn);

/// It is no such name.
#[derive(Debug, thiserror::Error)]
pub enum BadArn {
    /// It names no topic that keeps the order.
    #[error("expected arn:aws:sns:<region>:<account>:<name>.fifo")]
    Topic,
    /// It names no queue.
    #[error("expected arn:aws:sqs:<region>:<account>:<name>")]
    Queue,
    /// It names no stream.
    #[error("expected arn:aws:kinesis:<region>:<account>:stream/<name>")]
    Stream,
}

impl Arn {
    fn parse(text: &str, service: &str, kind: &str) -> Option<Self> {
        let parts: Vec<_> = text.split(':').collect();
        let ["arn", partition, it, region, account, name] = parts[..] else {
            return None;
        };
        let name = name.strip_prefix(kind)?;
        let is_made_of = |part: &str, others: &str| {
            let mut letters = part.chars();
            !part.is_empty() && letters.all(|c| c.is_ascii_alphanumeric() || others.contains(c))
        };
        let has_form = it == service
            && is_made_of(partition, "-")
            && partition.starts_with("aws")
            && is_made_of(region, "-")
            && account.bytes().all(|digit| digit.is_ascii_digit())
            && !account.is_empty()
            && is_made_of(name, "-_.");
        has_form.then(|| Self {
            text: text.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            name: name.to_owned(),
        })
    }

    fn is_fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }
}

impl TopicArn {
    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Such as `eu-central-1`.
    pub fn region(&self) -> &str {
        &self.0.region
    }
}

impl QueueArn {
    /// Such as `eu-central-1`.
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// Whose it is.
    pub fn account(&self) -> &str {
        &self.0.account
    }

    /// What it is called there.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether it keeps the order.
    pub fn is_fifo(&self) -> bool {
        self.0.is_fifo()
    }
}

impl StreamArn {
    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Such as `eu-central-1`.
    pub fn region(&self) -> &str {
        &self.0.region
    }
}

impl TryFrom<String> for TopicArn {
    type Error = BadArn;

    fn try_from(text: String) -> Result<Self, BadArn> {
        let arn = Arn::parse(&text, "sns", "").filter(Arn::is_fifo);
        arn.map(Self).ok_or(BadArn::Topic)
    }
}

impl TryFrom<String> for QueueArn {
    type Error = BadArn;

    fn try_from(text: String) -> Result<Self, BadArn> {
        Arn::parse(&text, "sqs", "").map(Self).ok_or(BadArn::Queue)
    }
}

impl TryFrom<String> for StreamArn {
    type Error = BadArn;

    fn try_from(text: String) -> Result<Self, BadArn> {
        let arn = Arn::parse(&text, "kinesis", "stream/");
        arn.map(Self).ok_or(BadArn::Stream)
    }
}

impl From<TopicArn> for String {
    fn from(arn: TopicArn) -> Self {
        arn.0.text
    }
}

impl From<QueueArn> for String {
    fn from(arn: QueueArn) -> Self {
        arn.0.text
    }
}

impl From<StreamArn> for String {
    fn from(arn: StreamArn) -> Self {
        arn.0.text
    }
}

impl fmt::Debug for StreamArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for TopicArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for QueueArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_keeps_the_order_a_queue_may_and_a_stream_says_that_it_is_one() {
        let topic = |name: &str| TopicArn::try_from(name.to_owned());
        let queue = |name: &str| QueueArn::try_from(name.to_owned());

        let good = topic("arn:aws:sns:eu-central-1:000000000000:orders.fifo").unwrap();
        assert_eq!(good.region(), "eu-central-1");
        let good = queue("arn:aws-cn:sqs:cn-north-1:123456789012:shop_catalog.fifo").unwrap();
        assert_eq!(
            (good.account(), good.name()),
            ("123456789012", "shop_catalog.fifo")
        );
        assert!(good.is_fifo());
        assert!(!queue("arn:aws:sqs:us-east-1:1:uploads").unwrap().is_fifo());
        for wrong in [
            "",
            "orders.fifo",
            "arn:aws:sns:eu-central-1:000000000000:orders",
            "arn:aws:sqs:eu-central-1:000000000000:orders.fifo",
            "arn:aws:sns::000000000000:orders.fifo",
            "arn:aws:sns:eu-central-1:me:orders.fifo",
            "arn:aws:sns:eu-central-1:000000000000:orders.fifo:more",
            "arn:aws:sns:evil.example/:000000000000:orders.fifo",
        ] {
            assert!(topic(wrong).is_err(), "{wrong}");
        }
        let stream = |name: &str| StreamArn::try_from(name.to_owned());
        let good = stream("arn:aws:kinesis:eu-central-1:000000000000:stream/clicks").unwrap();
        assert_eq!(good.region(), "eu-central-1");
        assert!(stream("arn:aws:kinesis:eu-central-1:000000000000:clicks").is_err());
        assert!(stream("arn:aws:kinesis:eu-central-1:000000000000:stream/").is_err());
        assert!(queue("https://sqs.eu-central-1.amazonaws.com/1/orders.fifo").is_err());
    }
}
