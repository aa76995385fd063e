//! A table of carts: in memory, or in DynamoDB where the tests are told of one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use orders::{
    Error,
    store::apart::{CartTable, KeptCart},
};
use uuid::Uuid;

#[derive(Default)]
pub(crate) struct MemoryTable(Mutex<HashMap<Uuid, (String, u64)>>);

#[async_trait]
impl CartTable for MemoryTable {
    async fn load(&self, user_id: Uuid) -> Result<(KeptCart, u64), Error> {
        // Others come in between.
        tokio::task::yield_now().await;
        let carts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = carts.get(&user_id);
        let kept = found.map(|(cart, version)| (serde_json::from_str(cart).unwrap(), *version));
        Ok(kept.unwrap_or_default())
    }

    async fn save(&self, user_id: Uuid, cart: &KeptCart, seen: u64) -> Result<bool, Error> {
        let mut carts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (document, version) = carts.entry(user_id).or_default();
        if *version != seen {
            return Ok(false);
        }
        (*document, *version) = (serde_json::to_string(cart).unwrap(), seen + 1);
        Ok(true)
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// A table for carts of new people: others may use it too.
pub(crate) async fn table() -> Arc<dyn CartTable> {
    #[cfg(feature = "dynamodb")]
    if let Some(place) = dynamodb::place() {
        return Arc::new(dynamodb::carts(place).await);
    }
    Arc::new(MemoryTable::default())
}

#[cfg(feature = "dynamodb")]
pub(crate) mod dynamodb {
    use aws::Place;
    use aws_sdk_dynamodb::{
        Client,
        types::{
            AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
            TimeToLiveSpecification,
        },
    };
    use orders::store::apart::dynamodb::DynamoCarts;
    use tokio::sync::OnceCell;

    pub(crate) const TABLE: &str = "terrace-carts";

    /// Where DynamoDB is, if the tests are told.
    pub(crate) fn place() -> Option<Place<'static>> {
        let endpoint = std::env::var("TERRACE_TEST_DYNAMODB").ok()?;
        Some(Place {
            region: "eu-central-1",
            endpoint: Some(Box::leak(endpoint.into_boxed_str())),
        })
    }

    pub(crate) async fn client(place: &Place<'_>) -> Client {
        let patience = std::time::Duration::from_secs(10);
        Client::new(&place.configuration(patience).await)
    }

    /// The adapter, over a table that is made once.
    pub(crate) async fn carts(place: Place<'static>) -> DynamoCarts {
        static MADE: OnceCell<()> = OnceCell::const_new();
        MADE.get_or_init(|| make(&place)).await;
        DynamoCarts::open(place, TABLE).await.unwrap()
    }

    async fn make(place: &Place<'_>) {
        let client = client(place).await;
        let create = client
            .create_table()
            .table_name(TABLE)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(
                AttributeDefinition::builder()
                    .attribute_name("user_id")
                    .attribute_type(ScalarAttributeType::S)
                    .build()
                    .unwrap(),
            )
            .key_schema(
                KeySchemaElement::builder()
                    .attribute_name("user_id")
                    .key_type(KeyType::Hash)
                    .build()
                    .unwrap(),
            );
        // Another test program may have made it.
        if create.send().await.is_err() {
            return;
        }
        let ttl = TimeToLiveSpecification::builder()
            .attribute_name("expires_at")
            .enabled(true)
            .build()
            .unwrap();
        let set = client.update_time_to_live().table_name(TABLE);
        set.time_to_live_specification(ttl).send().await.unwrap();
    }
}
