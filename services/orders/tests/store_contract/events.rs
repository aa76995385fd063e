//! What an order leaves in its timeline and its outbox, and who hears of it.

use kit::events::{Consumer, Event, Fault};
use orders::{order::Status, payment::PaymentStatus, saga::Saga};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use testkit::postgres::database;
use uuid::Uuid;

use crate::{
    Replicas, advance, cancel, card, code, confirmed, deliver, in_s, lease, open, placed, settled,
    ship, statuses,
};

on_every_store!(
    a_purchase_leaves_a_timeline_and_its_events,
    two_relays_at_once_deliver_all_and_keep_the_order_of_each_key,
    what_a_consumer_refuses_stays_in_the_outbox,
);

/// Remembers what it is told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Event>>>);

impl Told {
    fn consumers(&self) -> Vec<Arc<dyn Consumer>> {
        vec![Arc::new(self.clone())]
    }

    fn topics(&self) -> Vec<String> {
        let events = self.0.lock().unwrap();
        events.iter().map(|event| event.topic.clone()).collect()
    }
}

#[async_trait::async_trait]
impl Consumer for Told {
    fn name(&self) -> &'static str {
        "a test"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        // Others may take their turn meanwhile.
        tokio::task::yield_now().await;
        self.0.lock().unwrap().extend_from_slice(events);
        Ok(())
    }
}

async fn a_purchase_leaves_a_timeline_and_its_events([store, other]: Replicas) {
    let lease = lease(10);
    let order = placed(&*store, &lease).await;

    let confirmed = advance(&*store, &lease, confirmed(order.clone(), card())).await;
    let settled = advance(&*store, &lease, confirmed.clone().settle()).await;
    let shipped = ship(&*other, order.id, Some(code())).await.unwrap();
    let delivered = deliver(&*store, order.id).await.unwrap();

    assert_eq!(
        (confirmed.status, confirmed.saga),
        (Status::Confirmed, Saga::Confirmed)
    );
    assert_eq!(confirmed.payment.status, PaymentStatus::Authorised);
    assert!(confirmed.payment.token.is_none(), "the card has answered");
    assert_eq!(
        (settled.status, settled.saga),
        (Status::Confirmed, Saga::Settled)
    );
    assert_eq!(settled.payment.status, PaymentStatus::Captured);
    let found = other.find(order.id).await.unwrap().unwrap();
    assert_eq!(found.payment.status, PaymentStatus::Captured);
    let shown = (
        found.payment.brand.as_deref(),
        found.payment.last4.as_deref(),
    );
    assert_eq!(shown, (Some("visa"), Some("4242")));
    assert!(found.payment.token.is_none(), "the card has answered");
    let all = [
        (1, Status::Placed),
        (2, Status::Confirmed),
        (3, Status::Shipped),
        (4, Status::Delivered),
    ];
    assert_eq!(statuses(&confirmed), all[..2]);
    assert_eq!(statuses(&settled), all[..2]);
    assert_eq!(statuses(&shipped), all[..3]);
    assert_eq!(statuses(&delivered), all);
    assert_eq!(settled.tracking_code, None);
    assert_eq!(found.timeline, delivered.timeline);
    for told in [shipped, delivered.clone(), found] {
        assert_eq!(told.tracking_code, Some(code()));
    }
    let told = Told::default();
    while store.outbox().dispatch(&told.consumers()).await.unwrap() > 0 {}
    assert_eq!(
        told.topics(),
        ["order.confirmed", "order.shipped", "order.delivered"]
    );
    let event = told.0.lock().unwrap()[0].clone();
    assert_eq!(event.key, order.id.to_string());
    let facts: Value = event.facts().unwrap();
    let line = &facts["lines"][0];
    assert_eq!(line["product_id"], order.lines[0].product_id.to_string());
    assert_eq!(
        (&facts["status"], &line["quantity"]),
        (&"confirmed".into(), &2.into())
    );
    // What a report needs, and of the person nothing but the account.
    let told = [
        &line["name"],
        &line["category"],
        &line["unit_price"]["amount"],
    ];
    assert_eq!(told, [&json!("Trowel"), &json!("tools"), &json!(1_000)]);
    assert_eq!(facts["total"], json!(order.total));
    assert_eq!(facts["user_id"], json!(order.user_id));
    assert!(facts["address"].is_null() && facts["payment"].is_null());
}

async fn two_relays_at_once_deliver_all_and_keep_the_order_of_each_key(replicas: Replicas) {
    let mut ids = Vec::new();
    for _ in 0..15 {
        let order = settled(&*replicas[0]).await;
        ship(&*replicas[1], order.id, None).await.unwrap();
        deliver(&*replicas[1], order.id).await.unwrap();
        ids.push(order.id.to_string());
    }

    let told = Told::default();
    let relays = replicas.clone().map(|store| {
        let consumers = told.consumers();
        let told = told.clone();
        tokio::spawn(async move {
            let outbox = store.outbox();
            // None delivered means that the other relay is at the rest, or that there is none.
            while told.0.lock().unwrap().len() < 15 * 3 {
                outbox.dispatch(&consumers).await.unwrap();
            }
        })
    });
    for relay in relays {
        relay.await.unwrap();
    }

    let mut topics: HashMap<String, Vec<String>> = HashMap::new();
    for event in told.0.lock().unwrap().drain(..) {
        topics.entry(event.key).or_default().push(event.topic);
    }
    assert_eq!(topics.len(), 15);
    for id in ids {
        assert_eq!(
            topics[&id],
            ["order.confirmed", "order.shipped", "order.delivered"]
        );
    }
    let left = replicas[0]
        .outbox()
        .dispatch(&told.consumers())
        .await
        .unwrap();
    assert_eq!(left, 0);
}

/// Takes nothing.
struct Refuses;

#[async_trait::async_trait]
impl Consumer for Refuses {
    fn name(&self) -> &'static str {
        "who refuses"
    }

    async fn consume(&self, _: &[Event]) -> Result<(), Fault> {
        Err("not now".into())
    }
}

async fn what_a_consumer_refuses_stays_in_the_outbox([store, other]: Replicas) {
    settled(&*store).await;
    let told = Told::default();
    let consumers = [told.consumers(), vec![Arc::new(Refuses)]].concat();

    let refused = store.outbox().dispatch(&consumers).await.unwrap_err();
    let delivered = other.outbox().dispatch(&told.consumers()).await.unwrap();

    assert_eq!(refused.to_string(), "consumer who refuses: not now");
    assert_eq!(delivered, 1);
    assert_eq!(
        told.topics(),
        ["order.confirmed", "order.confirmed"],
        "at least once"
    );
}

#[tokio::test]
async fn what_one_replica_does_the_other_hears_of() {
    let database = database().await;
    let [store, other] = open(&database.url()).await;
    let (telling, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let outbox = other.outbox();
    let listening = tokio::spawn(async move {
        let heard = move |key: Option<&str>| telling.send(key.map(str::to_owned)).unwrap();
        outbox.listen(&heard).await
    });
    assert_eq!(
        heard.recv().await.unwrap(),
        None,
        "before, anything may have happened"
    );

    let lease = lease(10);
    let order = placed(&*store, &lease).await;
    let (id, user_id) = (order.id, order.user_id);
    let mut hears = async |id: Uuid, what: &str| {
        assert_eq!(heard.recv().await.unwrap(), Some(id.to_string()), "{what}");
    };

    let order = advance(&*store, &lease, order.confirm()).await;
    hears(id, "a confirmation").await;
    advance(&*store, &lease, order.settle()).await;
    hears(id, "a settlement").await;
    ship(&*store, id, None).await.unwrap();
    hears(id, "a shipping").await;
    let next = placed(&*store, &lease).await;
    store.put_off(next.id, lease.owner, in_s(1)).await.unwrap();
    hears(next.id, "a putting off").await;
    cancel(&*store, next.user_id, next.id, &lease)
        .await
        .unwrap();
    hears(next.id, "a cancellation").await;
    assert!(cancel(&*store, user_id, id, &lease).await.is_err());
    assert!(heard.try_recv().is_err(), "nothing happened");
    listening.abort();
}
