//! The architecture diagram in code: services with a datastore each, the edge before them,
//! the site beside it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use axum::Router;
use client::{Neighbour, Upstream};
use kit::{identity::Minter, serve::Ready, store::StoreUrl};
use secrecy::SecretString;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use users::keepers::Keepers;

use crate::{
    config::{Config, EdgeConfig},
    data::{Data, DemoAccounts, random_secret},
    mail,
    services::services,
};

/// How long a service waits for its neighbour.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The API gateway, and what it was made of.
pub struct Edge {
    gateway: Arc<edge::Gateway>,
    /// The settings that are not read again.
    fixed: edge::Config,
    services: Vec<edge::Service>,
}

impl Edge {
    fn new(
        fixed: edge::Config,
        config: &Config,
        services: Vec<edge::Service>,
    ) -> anyhow::Result<Self> {
        let all = with_mocks(&services, &config.edge);
        let all = all.map_err(anyhow::Error::msg)?;
        let gateway = edge::Gateway::new(config.edge.settings(&fixed), all)?;
        Ok(Self {
            gateway,
            fixed,
            services,
        })
    }

    /// Ready to serve.
    pub fn app(&self) -> edge::App {
        edge::app(&self.gateway)
    }

    /// The operations page.
    pub fn admin(&self) -> Router {
        edge::admin(&self.gateway)
    }

    /// The files that these settings come from and name.
    pub fn files(&self, config: &Config) -> Vec<PathBuf> {
        let named = edge::files(&config.edge.settings(&self.fixed));
        config.file.iter().cloned().chain(named).collect()
    }

    /// Takes over what these settings say of policies, plans and mocks.
    pub fn read_again(&self, config: &Config) -> Result<(), String> {
        let services = with_mocks(&self.services, &config.edge)?;
        let config = config.edge.settings(&self.fixed);
        let reloaded = self.gateway.reload(&config, services);
        reloaded.map_err(|fault| fault.to_string())
    }
}

fn with_mocks(
    services: &[edge::Service],
    config: &EdgeConfig,
) -> Result<Vec<edge::Service>, String> {
    let mocks = config.mocks.iter();
    let mocks = mocks.map(|file| edge::Service::mock(Path::new(file)));
    services.iter().cloned().map(Ok).chain(mocks).collect()
}

/// The shop, ready to serve.
pub struct Shop {
    /// The API.
    pub edge: Edge,
    /// The web pages.
    pub site: Router,
    /// What must be reachable.
    pub ready: Vec<Ready>,
    /// What runs beside the requests; ends at the stop.
    pub background: Vec<JoinHandle<()>>,
    /// The accounts to try it with.
    pub accounts: DemoAccounts,
}

/// What the users of the data directory are kept with.
fn users_config(data: &Data) -> anyhow::Result<users::Config> {
    Ok(users::Config {
        store: StoreUrl::Sqlite(data.path("users.db")),
        signing_key: data.secret("signing-key", users::generate_signing_key)?,
        letter_keys: vec![data.secret("letter-key", || random_secret(32))?],
        ..users::Config::default()
    })
}

/// Looks after the accounts of the data directory's shop.
pub async fn people(config: &Config, people: users::staff::People) -> anyhow::Result<()> {
    let data = Data::beside(&config.data)?;
    let users = users::connect(&users_config(&data)?).await?;
    people
        .run(&users)
        .await
        .map_err(|fault| anyhow::anyhow!("{fault}"))
}

/// Opens the whole shop on `data`, seeded at the first start.
pub async fn open(config: &Config, data: &Data, stop: &CancellationToken) -> anyhow::Result<Shop> {
    // Invoke keys live as long as the process: nobody outside of it may invoke a service.
    let users_key = random_secret(32);
    let catalog_key = random_secret(32);
    let orders_key = random_secret(32);
    let payments_key = random_secret(32);
    let notices_key = random_secret(32);
    let reports_key = random_secret(32);
    let databases = services().iter().filter(|service| service.database);
    let databases: Vec<String> = databases.map(|it| format!("{}.db", it.name)).collect();
    data.refuse_emptied(&databases)?;
    let scheme = config.scheme();
    let issuer = format!("{scheme}://localhost:{}", config.edge.port);
    let store = |name: &str| StoreUrl::Sqlite(data.path(name));

    let users = users::connect(&users::Config {
        invoke_keys: vec![users_key.clone()],
        issuer: issuer.clone(),
        site: format!("{scheme}://localhost:{}", config.site.port),
        providers: config.providers.clone(),
        ..users_config(data)?
    })
    .await?;
    let catalog = catalog::connect(&catalog::Config {
        store: store("catalog.db"),
        images: data.path("images").into(),
        assortment: config.assortment.clone(),
        invoke_keys: vec![catalog_key.clone()],
        ..catalog::Config::default()
    })
    .await?;
    let payments = payments::Config {
        store: store("payments.db"),
        invoke_keys: vec![payments_key.clone()],
    };
    let payments = payments::connect_to(&payments, config.payments.clone()).await?;
    let files = || notices::MailUrl::Folder(data.path(mail::FOLDER));
    let notices = notices::connect(&notices::Config {
        store: store("notices.db"),
        invoke_keys: vec![notices_key.clone()],
        letter_keys: vec![data.secret("letter-key", || random_secret(32))?],
        mail: config.mail.url.clone().unwrap_or_else(files),
        from: config.mail.from.clone(),
        site: format!("{scheme}://localhost:{}", config.site.port),
        ..notices::Config::default()
    })
    .await?;
    let reports = reports::connect(&reports::Config {
        store: store("reports.db"),
        invoke_keys: vec![reports_key.clone()],
        pseudonym_key: data.secret("pseudonym-key", || random_secret(32))?,
        clicks: Some(data.path("clicks").into()),
        ..reports::Config::default()
    })
    .await?;
    let reports_app = reports::app(reports.clone());
    let catalog_app = catalog::app(catalog.clone());
    let payments_app = payments::app(payments.clone());
    let neighbour = |name: &str, app: &Router, key: &SecretString, caller: &str| {
        let minter = Minter::new(name, key)?;
        anyhow::Ok(Neighbour::new(
            Upstream::InProcess(app.clone()),
            minter,
            caller,
            TIMEOUT,
        ))
    };
    // For its address books; who asks users of people calls orders in turn.
    let address_books = users::app(users.clone());
    let orders = orders::connect(
        &orders::Config {
            store: store("orders.db"),
            invoke_keys: vec![orders_key.clone()],
            ..orders::Config::default()
        },
        neighbour("catalog", &catalog_app, &catalog_key, "orders")?,
        neighbour("payments", &payments_app, &payments_key, "orders")?,
        neighbour("users", &address_books, &users_key, "orders")?,
    )
    .await?;
    let orders_app = orders::app(orders.clone());
    let notices_app = notices::app(notices.clone());
    let keepers = Keepers::default();
    let keepers = keepers.with_orders(&neighbour("orders", &orders_app, &orders_key, "users")?);
    let keepers = keepers.with_notices(&neighbour("notices", &notices_app, &notices_key, "users")?);
    let users = users.with_keepers(keepers);
    let users_app = users::app(users.clone());

    let service = |name: &str, document: utoipa::openapi::OpenApi, app: Router, key| {
        anyhow::Ok(edge::Service {
            name: name.to_owned(),
            document: serde_json::to_value(document)?,
            upstream: Upstream::InProcess(app),
            minter: Some(Minter::new(name, key)?),
        })
    };
    let services = vec![
        service("users", users::openapi(), users_app, &users_key)?,
        service("catalog", catalog::openapi(), catalog_app, &catalog_key)?,
        service("orders", orders::openapi(), orders_app, &orders_key)?,
        service("reports", reports::openapi(), reports_app, &reports_key)?,
    ];
    let fixed = edge::Config {
        issuer,
        origins: ["localhost", "127.0.0.1"]
            .map(|host| format!("{scheme}://{host}:{}", config.site.port))
            .to_vec(),
        documents: String::new(),
        session_keys: vec![data.secret("session-key", || random_secret(32))?],
        ..edge::Config::default()
    };
    // The one is work for a processor, the other waits for the disk and for hashed passwords.
    let settings = config.clone();
    let edge = tokio::task::spawn_blocking(move || Edge::new(fixed, &settings, services));
    let accounts = seed(data, &users, &catalog).await?;
    let edge = edge.await??;
    let gateway = &edge.gateway;
    catalog.on_change(gateway.forget());
    let site = site::connect(&site::Config {
        root: crate::storefront::root(config),
        edge_port: config.edge.port,
        ..site::Config::default()
    })?;

    let background = vec![
        users.spawn_background(
            stop.clone(),
            vec![
                gateway.ended(),
                notices.consumer(),
                orders.consumer(),
                reports.departures(),
            ],
        ),
        catalog.spawn_background(stop.clone()),
        orders.spawn_background(stop.clone(), vec![catalog.consumer(), reports.counter()]),
        notices.spawn_background(stop.clone()),
        reports.spawn_background(stop.clone()),
        gateway.spawn_background(stop.clone()),
    ];
    Ok(Shop {
        ready: vec![
            users.ready(),
            catalog.ready(),
            orders.ready(),
            payments.ready(),
            notices.ready(),
            reports.ready(),
        ],
        background,
        edge,
        site: site::app(site),
        accounts,
    })
}

async fn seed(
    data: &Data,
    users: &users::AppState,
    catalog: &catalog::AppState,
) -> anyhow::Result<DemoAccounts> {
    catalog.seed().await.context("the assortment")?;
    let accounts = data.demo_accounts()?;
    // At every start: the first one may have died between the file and the accounts.
    users.ensure_demo_accounts(&accounts).await?;
    Ok(accounts)
}

/// This machine alone, at this port.
pub fn local(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}
