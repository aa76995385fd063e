//! The service under test, with an assortment of the test's own.

use std::{path::Path, sync::Arc};

use catalog::{
    AppState, Config, ConnectError, ImagesUrl, SeedError,
    product::{Details, Price, Slug},
    store::{NewProduct, Store, postgres::PostgresStore, sqlite::SqliteStore},
};
use kit::{redis::RedisUrl, store::StoreUrl};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    postgres::{Database, database},
    service::{Answer, Client, Service, invoke_key, request},
};
use uuid::Uuid;

/// A catalog of three categories, and nothing in them unless the test says so.
pub(crate) struct Shop {
    pub(crate) service: Service,
    pub(crate) state: AppState,
    config: Config,
    folder: Arc<TempDir>,
    _database: Option<Database>,
}

/// Where its pictures are: a folder, or a part of the bucket that `TERRACE_TEST_S3` names.
fn images(folder: &Path) -> ImagesUrl {
    match std::env::var("TERRACE_TEST_S3") {
        Ok(endpoint) => format!(
            "s3://garden/{}?region=us-east-1&endpoint={endpoint}",
            Uuid::now_v7()
        )
        .parse()
        .unwrap(),
        Err(_) => folder.join("images").into(),
    }
}

impl Shop {
    pub(crate) async fn empty() -> Self {
        Self::with(Vec::new()).await
    }

    pub(crate) async fn with(products: Vec<NewProduct>) -> Self {
        Self::on(None, products, None, None).await
    }

    /// One that keeps its answers in Redis.
    pub(crate) async fn with_redis(products: Vec<NewProduct>, redis: RedisUrl) -> Self {
        Self::on(None, products, Some(redis), None).await
    }

    /// One that keeps its pictures there.
    #[cfg(feature = "s3")]
    pub(crate) async fn with_pictures_in(url: ImagesUrl, products: Vec<NewProduct>) -> Self {
        Self::on(None, products, None, Some(url)).await
    }

    /// The same shop, which hears from this queue of what browsers have sent.
    #[cfg(feature = "aws-events")]
    pub(crate) async fn told_by(self, queue: kit::events::QueueArn) -> Self {
        let config = Config {
            uploads: Some(queue),
            ..self.config.clone()
        };
        let state = catalog::connect(&config).await.unwrap();
        Self {
            service: Service::new("catalog", catalog::app(state.clone())),
            state,
            config,
            ..self
        }
    }

    /// One that brings in the assortment of this folder.
    pub(crate) async fn of(assortment: &Path) -> Result<Self, SeedError> {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            store: StoreUrl::Sqlite(folder.path().join("catalog.db")),
            images: images(folder.path()),
            invoke_keys: vec![invoke_key()],
            assortment: assortment.to_owned(),
            ..Config::default()
        };
        let state = match catalog::connect(&config).await {
            Err(ConnectError::Assortment(fault)) => return Err(fault),
            state => state.unwrap(),
        };
        state.seed().await?;
        Ok(Self {
            service: Service::new("catalog", catalog::app(state.clone())),
            state,
            config,
            folder: Arc::new(folder),
            _database: None,
        })
    }

    /// Another process on the same data.
    pub(crate) async fn replica(&self) -> Self {
        let state = catalog::connect(&self.config).await.unwrap();
        Self {
            service: Service::new("catalog", catalog::app(state.clone())),
            state,
            config: self.config.clone(),
            folder: self.folder.clone(),
            _database: None,
        }
    }

    /// The folder of pictures.
    pub(crate) fn pictures(&self) -> &Path {
        match &self.config.images {
            ImagesUrl::Folder(folder) => folder,
            ImagesUrl::S3(_) => panic!("the pictures are in a bucket"),
        }
    }

    /// Changes a product's price in the store alone.
    pub(crate) fn change_behind_its_back(&self, id: Uuid) {
        let db = rusqlite::Connection::open(self.folder.path().join("catalog.db")).unwrap();
        let sql = "update product set price = price + 1 where id = ?1";
        assert_eq!(db.execute(sql, [id]).unwrap(), 1);
    }

    /// Has a product stored as a version before terms and sort keys did.
    pub(crate) fn write_as_before(&self, id: Uuid) {
        let db = rusqlite::Connection::open(self.folder.path().join("catalog.db")).unwrap();
        let name = "update product_search set name = (select name from product where id = ?1)
             where rowid = (select seq from product where id = ?1)";
        assert_eq!(db.execute(name, [id]).unwrap(), 1);
        let key = "update product set name_key = '' where id = ?1";
        assert_eq!(db.execute(key, [id]).unwrap(), 1);
    }

    /// The same shop on SQLite and on PostgreSQL, for what the databases do differently.
    pub(crate) async fn on_both(products: Vec<NewProduct>) -> [Self; 2] {
        let postgres = Self::on(Some(database().await), products.clone(), None, None).await;
        [Self::with(products).await, postgres]
    }

    /// The same shop on each database, and where the tests are told of an OpenSearch, found by that.
    pub(crate) async fn on_all(products: Vec<NewProduct>) -> Vec<Self> {
        let shops = Self::on_both(products.clone()).await.into_iter();
        #[cfg(feature = "opensearch")]
        let shops = shops.chain(Self::with_opensearch(products).await);
        shops.collect()
    }

    /// One whose products OpenSearch finds, by an index of its own, if the tests are told of one.
    #[cfg(feature = "opensearch")]
    pub(crate) async fn with_opensearch(products: Vec<NewProduct>) -> Option<Self> {
        let server = std::env::var("TERRACE_TEST_OPENSEARCH").ok()?;
        let engine = format!("opensearch:{server}/test-{}", Uuid::now_v7().simple());
        let shop = Self::searched_by(&engine, products).await;
        shop.state.engine().unwrap().index_due().await.unwrap();
        Some(shop)
    }

    /// One whose products this engine finds.
    #[cfg(feature = "opensearch")]
    pub(crate) async fn searched_by(engine: &str, products: Vec<NewProduct>) -> Self {
        let shop = Self::with(products).await;
        let config = Config {
            search: engine.parse().unwrap(),
            // A machine that compiles beside the tests may be slow.
            search_wait_ms: if engine.contains("/test-") {
                10_000
            } else {
                500
            },
            ..shop.config.clone()
        };
        Self { config, ..shop }.replica().await
    }

    /// A command of the program on the same data, with this engine.
    #[cfg(feature = "opensearch")]
    pub(crate) fn command(&self, command: &str, engine: &str) -> std::process::Command {
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_catalog"));
        run.arg(command)
            .env("CATALOG__STORE", self.config.store.to_string())
            .env("CATALOG__IMAGES", self.config.images.to_string())
            .env("CATALOG__INVOKE_KEYS", "an-invoke-key-for-tests-alone-01")
            .env("CATALOG__SEARCH", engine);
        run
    }

    /// Runs a command of the program on the same data and index; what it says.
    #[cfg(feature = "opensearch")]
    pub(crate) fn run(&self, command: &str) -> String {
        let mut run = self.command(command, &self.config.search.to_string());
        let output = run.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The server of the index, and its alias.
    #[cfg(feature = "opensearch")]
    pub(crate) fn index_place(&self) -> (&str, &str) {
        match &self.config.search {
            catalog::search::SearchName::OpenSearch(place) => (&place.nodes, &place.alias),
            catalog::search::SearchName::Store => panic!("no index"),
        }
    }

    /// Another process on the same data, without an engine.
    #[cfg(feature = "opensearch")]
    pub(crate) async fn searched_by_itself(&self) -> Self {
        let config = Config {
            search: Default::default(),
            ..self.config.clone()
        };
        let state = catalog::connect(&config).await.unwrap();
        Self {
            service: Service::new("catalog", catalog::app(state.clone())),
            state,
            config,
            folder: self.folder.clone(),
            _database: None,
        }
    }

    async fn on(
        database: Option<Database>,
        products: Vec<NewProduct>,
        redis: Option<RedisUrl>,
        pictures: Option<ImagesUrl>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match &database {
            Some(database) => database.url(),
            None => StoreUrl::Sqlite(folder.path().join("catalog.db")),
        };
        let store: Box<dyn Store> = match &url {
            StoreUrl::Sqlite(file) => Box::new(SqliteStore::open(file).unwrap()),
            StoreUrl::Postgres(url) => Box::new(PostgresStore::open(url).await.unwrap()),
        };
        let categories = [
            ("houseplants", "Houseplants"),
            ("herbs", "Herbs"),
            ("tools", "Tools"),
        ];
        let categories = (1..)
            .zip(categories)
            .map(|(position, (id, name))| (id.to_owned(), name.to_owned(), position));
        store.seed(categories.collect(), products).await.unwrap();

        let config = Config {
            store: url,
            images: pictures.unwrap_or_else(|| images(folder.path())),
            invoke_keys: vec![invoke_key()],
            redis,
            ..Config::default()
        };
        let state = catalog::connect(&config).await.unwrap();
        Self {
            service: Service::new("catalog", catalog::app(state.clone())),
            state,
            config,
            folder: Arc::new(folder),
            _database: database,
        }
    }

    pub(crate) fn anybody(&self) -> Client {
        self.service.anonymous()
    }

    pub(crate) fn staff(&self) -> Client {
        self.service.staff(Uuid::now_v7())
    }

    pub(crate) fn orders(&self) -> Client {
        self.service.neighbour("orders")
    }

    /// The product as anybody sees it.
    pub(crate) async fn product(&self, id: Uuid) -> Value {
        self.anybody()
            .get(&format!("/v1/products/{id}"))
            .await
            .ok(200)
    }

    /// What a change of it has to name.
    pub(crate) async fn tag(&self, id: Uuid) -> String {
        let read = self.anybody().get(&format!("/v1/products/{id}")).await;
        read.header("etag").to_owned()
    }

    /// How many pieces of it anybody could buy.
    pub(crate) async fn stock(&self, id: Uuid) -> i64 {
        self.product(id).await["stock"].as_i64().unwrap()
    }

    /// The names that a list answers, in its order.
    pub(crate) async fn names(&self, query: &str) -> Vec<String> {
        let list = self.found(&format!("/v1/products{query}")).await;
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What is found by who is tested, and by nobody in their place.
    pub(crate) async fn found(&self, path: &str) -> Value {
        let answer = self.anybody().get(path).await;
        let mut timings = answer.headers.get_all("server-timing").iter();
        let stands_in = timings.any(|it| it.as_bytes().starts_with(b"search-fallback"));
        assert!(!stands_in, "who is tested is not asked");
        answer.ok(200)
    }

    /// Reserves one product for an order.
    pub(crate) async fn reserve(&self, order: Uuid, product: Uuid, quantity: i64) -> Answer {
        let lines = json!({ "lines": [{ "product_id": product, "quantity": quantity }] });
        self.orders()
            .put(&format!("/internal/reservations/{order}"), &lines)
            .await
    }

    pub(crate) async fn commit(&self, order: Uuid) -> Answer {
        let path = format!("/internal/reservations/{order}/commit");
        self.orders().bare(http::Method::POST, &path).await
    }

    pub(crate) async fn release(&self, order: Uuid) -> Answer {
        self.orders()
            .delete(&format!("/internal/reservations/{order}"))
            .await
    }
}

/// A product called `name`, a houseplant for 10.00 with 10 pieces in stock.
pub(crate) fn product(name: &str) -> NewProduct {
    NewProduct {
        id: Uuid::now_v7(),
        slug: Slug::from_name(name),
        stock: 10,
        rating: 4.0,
        image: "0123456789abcdef01234567.svg".to_owned(),
        details: Details {
            name: name.to_owned(),
            botanical_name: None,
            summary: "Grows.".to_owned(),
            description: String::new(),
            category: "houseplants".to_owned(),
            price: Price::cents(1000).unwrap(),
            care: String::new(),
            attributes: Default::default(),
        },
    }
}

/// What `POST /v1/products` needs at least.
pub(crate) fn smallest() -> Value {
    json!({
        "name": "Basil",
        "summary": "For pesto.",
        "category": "herbs",
        "price": { "amount": 350, "currency": "USD" },
    })
}

/// A `PUT` or `PATCH` that names what the caller has seen.
pub(crate) async fn change(
    client: &Client,
    method: http::Method,
    path: &str,
    tag: &str,
    body: &Value,
) -> Answer {
    let request = request(method, path)
        .header("if-match", tag)
        .header("content-type", "application/json");
    client.send(request, body.to_string()).await
}
