//! The service under test, with a database of its own and fake neighbours.

use std::{path::PathBuf, sync::Arc, time::Duration};

use http::{Method, header};
use kit::{identity::Trust, store::StoreUrl};
use orders::{
    AppState, Neighbours,
    store::{
        Store,
        apart::{CartSteps, CartTable, CartsApart},
        postgres::PostgresStore,
        sqlite::SqliteStore,
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    postgres::Database,
    service::{Answer, Client, Service, invoke_key, request},
};
use uuid::Uuid;

use crate::{
    fakes::{FakeCatalog, FakePayments, FakeUsers},
    mortal::{Fate, Mortal},
};

/// How long a checkout waits for its outcome: longer than any takes.
pub(crate) const WAIT: Duration = Duration::from_secs(10);

pub(crate) struct TestApp {
    pub(crate) service: Service,
    pub(crate) state: AppState,
    pub(crate) world: World,
}

/// What outlives the service: its file and its neighbours.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) catalog: Arc<FakeCatalog>,
    pub(crate) payments: Arc<FakePayments>,
    pub(crate) users: Arc<FakeUsers>,
    /// Where carts are kept, if it is apart from the orders.
    pub(crate) carts: Option<Arc<dyn CartTable>>,
    folder: Arc<TempDir>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            catalog: Arc::default(),
            payments: Arc::default(),
            users: Arc::default(),
            carts: None,
            folder: Arc::new(tempfile::tempdir().unwrap()),
        }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("orders.db")
    }

    /// Starts the service over this world.
    pub(crate) fn start(&self, checkout_wait: Duration) -> TestApp {
        let store = SqliteStore::open(&self.database()).unwrap();
        self.start_over(Arc::new(store), self.neighbours(), checkout_wait)
    }

    /// Starts a service that meets this fate.
    pub(crate) fn start_with(
        &self,
        checkout_wait: Duration,
        fate: impl Fn(Uuid, &'static str) -> bool + Send + Sync + 'static,
    ) -> TestApp {
        fn mortal<T: ?Sized>(inner: Arc<T>, fate: &Fate) -> Arc<Mortal<T>> {
            let fate = fate.clone();
            Arc::new(Mortal { inner, fate })
        }
        let fate: Fate = Arc::new(fate);
        let store = SqliteStore::open(&self.database()).unwrap();
        let store: Arc<dyn Store> = match &self.carts {
            None => mortal(Arc::new(store), &fate),
            Some(carts) => {
                let orders: Arc<dyn CartSteps> = Arc::new(store.with_carts_apart());
                let (orders, carts) = (mortal(orders, &fate), mortal(carts.clone(), &fate));
                Arc::new(CartsApart::new(orders, carts))
            }
        };
        let neighbours = Neighbours {
            catalog: mortal(self.catalog.clone(), &fate),
            payments: mortal(self.payments.clone(), &fate),
            users: self.users.clone(),
        };
        self.start_over(store, neighbours, checkout_wait)
    }

    /// Starts a replica over this world, on a database that it shares with others.
    pub(crate) async fn replica(&self, database: &Database) -> TestApp {
        let StoreUrl::Postgres(url) = database.url() else {
            panic!("no PostgreSQL")
        };
        let store = PostgresStore::open(&url).await.unwrap();
        self.start_over(Arc::new(store), self.neighbours(), WAIT)
    }

    fn neighbours(&self) -> Neighbours {
        Neighbours {
            catalog: self.catalog.clone(),
            payments: self.payments.clone(),
            users: self.users.clone(),
        }
    }

    fn start_over(
        &self,
        store: Arc<dyn Store>,
        neighbours: Neighbours,
        checkout_wait: Duration,
    ) -> TestApp {
        let trust = Trust::new("orders", &[invoke_key()]).unwrap();
        let state = AppState::new(store, neighbours, trust, checkout_wait);
        TestApp {
            service: Service::new("orders", orders::app(state.clone())),
            state,
            world: self.clone(),
        }
    }
}

impl TestApp {
    pub(crate) fn new() -> Self {
        World::new().start(WAIT)
    }

    /// A new shopper.
    pub(crate) fn customer(&self) -> Client {
        self.service.customer(Uuid::now_v7())
    }

    pub(crate) fn staff(&self) -> Client {
        self.service.staff(Uuid::now_v7())
    }

    /// A product of 10.00 with so many pieces.
    pub(crate) fn product(&self, stock: i64) -> Uuid {
        self.world.catalog.add("Trowel", 1_000, stock)
    }

    /// A settled order of one piece by a new shopper: its id, and the shopper.
    pub(crate) async fn settled(&self) -> (String, Client) {
        let shopper = self.customer();
        fill(&shopper, self.product(5), 1).await;
        let order = check_out(&shopper, "key", "tok_visa").await.ok(201);
        self.state.driver.drain().await;
        (order["id"].as_str().unwrap().to_owned(), shopper)
    }
}

/// Puts so many pieces into the shopper's cart.
pub(crate) async fn fill(shopper: &Client, product: Uuid, pieces: u32) {
    let path = format!("/v1/cart/items/{product}");
    shopper
        .put(&path, &json!({ "quantity": pieces }))
        .await
        .ok(200);
}

pub(crate) fn address() -> Value {
    json!({
        "name": "Rose Gardener", "line1": "1 Orchard Lane", "line2": null, "city": "Portland",
        "region": "OR", "postal_code": "97201", "country": "US",
    })
}

pub(crate) async fn check_out(shopper: &Client, key: &str, token: &str) -> Answer {
    let body = json!({ "address": address(), "payment": { "token": token } });
    check_out_with(shopper, key, &body).await
}

/// With the total that the cart has, unless the body has another.
pub(crate) async fn check_out_with(shopper: &Client, key: &str, body: &Value) -> Answer {
    let mut body = body.clone();
    if body["expected_total"].is_null() {
        body["expected_total"] = total(shopper).await;
    }
    let request = request(Method::POST, "/v1/orders")
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", key);
    shopper.send(request, body.to_string()).await
}

/// What the shopper's cart comes to; nothing, when there is no telling.
async fn total(shopper: &Client) -> Value {
    let cart = shopper.get("/v1/cart").await;
    match cart.status.is_success() {
        true => cart.ok(200)["total"].clone(),
        false => usd(0),
    }
}

pub(crate) fn usd(cents: i64) -> Value {
    json!({ "amount": cents, "currency": "USD" })
}

pub(crate) async fn cart_quantities(shopper: &Client) -> Vec<u64> {
    let cart = shopper.get("/v1/cart").await.ok(200);
    let items = cart["items"].as_array().unwrap().iter();
    items
        .map(|item| item["quantity"].as_u64().unwrap())
        .collect()
}
