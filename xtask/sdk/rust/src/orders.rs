//! Orders that are followed live.

use std::time::Duration;

use futures_core::Stream;
use reqwest::{Method, Response};
use tokio::time::{sleep, timeout};

use crate::{
    Client, Refusal,
    call::{Call, segment},
    client::backoff,
    types::{OrderMoment, OrderStatus},
};

/// A stream that is silent for so long is broken: the API sends a comment every 15 seconds.
const SILENCE: Duration = Duration::from_secs(45);

/// A change of an order's status.
#[derive(Clone, Debug)]
pub struct OrderEvent {
    /// For a later `follow_order`.
    pub id: String,
    pub moment: OrderMoment,
}

impl Client {
    /// What happened to an order after this event, or all, and what happens, until it is delivered or cancelled. A stream that breaks
    /// goes on where it was.
    pub fn follow_order(
        &self,
        id: &str,
        last_event_id: Option<&str>,
    ) -> impl Stream<Item = Result<OrderEvent, Refusal>> + Send + use<> {
        let (client, id) = (self.clone(), id.to_owned());
        let mut last = last_event_id.map(str::to_owned);
        async_stream::try_stream! {
            let mut failures = 0;
            loop {
                if failures > 0 {
                    sleep(backoff(failures)).await;
                }
                failures += 1;
                let id = segment(&id)?;
                let path = format!("/v1/orders/{id}/events");
                let mut call = Call::new(Method::GET, path, false);
                call.header("accept", Some("text/event-stream"));
                call.header("last-event-id", last.clone());
                let mut response = client.stream(&call).await?;
                let mut reader = Reader::default();
                while let Ok(Ok(Some(part))) = timeout(SILENCE, response.chunk()).await {
                    for event in reader.read(&part)? {
                        failures = 0;
                        last = Some(event.id.clone());
                        let is_last = matches!(event.moment.status, OrderStatus::Delivered | OrderStatus::Cancelled);
                        yield event;
                        if is_last {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// The answer to a stream's head.
    async fn stream(&self, call: &Call) -> Result<Response, Refusal> {
        let answer = self.exchange(call, true).await?;
        answer.stream.ok_or_else(|| Refusal::of("unreadable", "the stream", "it has no body"))
    }
}

/// Reads the event stream format (WHATWG HTML §9.2.6), however its bytes are cut.
#[derive(Default)]
struct Reader {
    rest: Vec<u8>,
    id: String,
    data: Vec<String>,
}

impl Reader {
    fn read(&mut self, part: &[u8]) -> Result<Vec<OrderEvent>, Refusal> {
        self.rest.extend_from_slice(part);
        let mut events = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "data" => self.data.push(value.to_owned()),
                "id" => value.clone_into(&mut self.id),
                "" if line.is_empty() && !self.data.is_empty() => {
                    let data = std::mem::take(&mut self.data).join("\n");
                    let moment = serde_json::from_str(&data).map_err(Refusal::unreadable)?;
                    events.push(OrderEvent {
                        id: self.id.clone(),
                        moment,
                    });
                }
                _ => {}
            }
        }
        Ok(events)
    }
}
