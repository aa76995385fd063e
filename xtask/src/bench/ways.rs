//! The ways of running the shop beside each other: one process on SQLite, `cargo xtask up` on
//! PostgreSQL and Redis, and containers where a Docker engine is to be had. The same requests through
//! the same handlers; CPU and memory are those of our processes, without the databases.

use std::{
    path::Path,
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use anyhow::Context;
use serde_json::{Value, json};

use super::{
    Bench,
    account::sign_in,
    figure::{self, Figure},
    folder::Folder,
    peer,
    process::{cpu_s, memory_mib},
    shoppers::Shoppers,
    terrace, wrk,
};
use crate::{
    compose::Compose,
    http, needs,
    run::{command, root, run, succeeds},
    shop::Shop,
    up::{self, Release, Up},
};

/// How many shoppers buy at once.
const SHOPPERS: u32 = 16;

/// Where the containers' shop is.
const EDGE_PORT: u16 = 18090;
const SITE_PORT: u16 = 13010;

/// A shop that runs one way.
struct Way {
    name: &'static str,
    port: u16,
    opened: Duration,
    processes: Vec<(String, u32)>,
    headers: Vec<String>,
    /// The page of a product.
    product: String,
    shoppers: Shoppers,
    costs: [Vec<f64>; 4],
    rates: [Vec<f64>; 4],
    /// What it runs in; closes it when it is dropped.
    _shop: Open,
}

#[expect(dead_code, reason = "kept until the shop is to be closed")]
enum Open {
    One(Shop),
    Up(Box<up::Shop>),
    Compose(Compose),
}

/// All ways in turns.
pub(super) fn bench(bench: &Bench) -> anyhow::Result<()> {
    needs::postgres()?;
    needs::redis()?;
    let folder = Folder::new("ways")?;
    // First what takes long to build: the visitors' tokens end after 15 minutes.
    let many = many(&folder.path().join("up"))?;
    let mut ways = vec![one()?, many];
    if succeeds(&mut command("docker", &["info"])) {
        ways.push(containers(&folder.path().join("accounts.json"))?);
    } else {
        println!("Containers are not measured: `docker info` fails.");
    }
    for round in 0..=bench.runs {
        for way in &mut ways {
            // The first round warms up.
            way.visit(bench.seconds, round > 0)?;
        }
    }

    let mut rows = Vec::new();
    for way in &ways {
        let cost = |at: usize| format!("{:.0}", Figure::of(way.costs[at].iter().copied()));
        let rate = |at: usize| format!("{:.0}", Figure::of(way.rates[at].iter().copied()));
        for (at, what) in ["list of 12", "one product", "cart of 3", "checkout"]
            .into_iter()
            .enumerate()
        {
            rows.push(vec![
                way.name.to_owned(),
                what.to_owned(),
                cost(at),
                rate(at),
            ]);
        }
    }
    figure::print(
        &format!(
            "Ways: CPU of our processes; a second's answers to 16 connections, and orders of {SHOPPERS} \
             shoppers (the peer: {:.0}, {:.0} and {:.0} µs for list, product and checkout)",
            peer::LIST_US,
            peer::PRODUCT_US,
            peer::CHECKOUT_US
        ),
        &["way", "request", "CPU µs", "a second"],
        &rows,
    );
    let mut rows = Vec::new();
    for way in &ways {
        let mut whole = 0.0;
        let mut parts = Vec::new();
        for (name, id) in &way.processes {
            let (mib, _) = memory_mib(*id)?;
            whole += mib;
            parts.push(format!("{name} {mib:.0}"));
        }
        rows.push(vec![
            way.name.to_owned(),
            format!("{:.1} s", way.opened.as_secs_f64()),
            format!("{whole:.0} MiB"),
            parts.join(", "),
        ]);
    }
    figure::print(
        &format!(
            "Ways: from the start, with nothing there, to open; resident memory after load (the peer: {:.0} MiB)",
            peer::MEMORY_MIB
        ),
        &["way", "open after", "memory", "of which"],
        &rows,
    );
    Ok(())
}

fn one() -> anyhow::Result<Way> {
    let program = terrace()?;
    // The first start of all may build the storefront.
    drop(Shop::start(&program)?);
    let shop = Shop::start(&program)?;
    let processes = vec![("terrace".to_owned(), shop.id())];
    let (port, opened, accounts) = (shop.edge_port(), shop.opened(), shop.accounts());
    Way::new(
        "one process",
        port,
        opened,
        processes,
        &accounts,
        Open::One(shop),
    )
}

fn many(data: &Path) -> anyhow::Result<Way> {
    // What is built by `up` itself is no part of its start.
    Release::build(root(), &root().join("target"), true)?;
    let started = Instant::now();
    let mut shop = Up::for_benches(data).open(&AtomicBool::new(false))?;
    let opened = started.elapsed();
    let (port, processes) = (shop.edge_port(), shop.ids()?);
    let accounts = data.join("demo-accounts.json");
    Way::new(
        "up",
        port,
        opened,
        processes,
        &accounts,
        Open::Up(Box::new(shop)),
    )
}

fn containers(accounts: &Path) -> anyhow::Result<Way> {
    let compose = Compose::find("terrace-bench", EDGE_PORT, SITE_PORT)?;
    run(&mut compose.command(&["build"]))?;
    let started = Instant::now();
    compose.open()?;
    let opened = started.elapsed();
    std::fs::write(accounts, compose.demo_accounts()?)?;
    let mut processes = Vec::new();
    for container in compose.containers()? {
        let service = container.service();
        if container.is_running() && service != "redis" && !service.starts_with("postgres") {
            let id = container.at("/State/Pid").as_u64().context("no process")?;
            processes.push((service.to_owned(), u32::try_from(id)?));
        }
    }
    Way::new(
        "compose",
        EDGE_PORT,
        opened,
        processes,
        accounts,
        Open::Compose(compose),
    )
}

impl Way {
    fn new(
        name: &'static str,
        port: u16,
        opened: Duration,
        processes: Vec<(String, u32)>,
        accounts: &Path,
        shop: Open,
    ) -> anyhow::Result<Self> {
        let headers = vec![
            format!("Authorization: Bearer {}", sign_in(port, accounts)?),
            "Accept: application/json".to_owned(),
            "Origin: http://localhost:3000".to_owned(),
        ];
        let shoppers = Shoppers::enter(port, accounts, SHOPPERS)?;
        let list: Value = serde_json::from_str(&http::get(port, "/v1/products?limit=3")?)?;
        let product = list["items"][0]["slug"].as_str();
        let product = product.map(|slug| format!("/v1/products/{slug}"));
        for product in list["items"].as_array().context("no products")? {
            let id = product["id"].as_str().context("no id")?;
            let path = format!("/v1/cart/items/{id}");
            http::send(port, "PUT", &path, &headers, &json!({ "quantity": 1 }))?;
        }
        Ok(Self {
            name,
            port,
            opened,
            processes,
            headers,
            shoppers,
            costs: Default::default(),
            rates: Default::default(),
            product: product.context("no product")?,
            _shop: shop,
        })
    }

    /// One round of each kind of request.
    fn visit(&mut self, seconds: u64, is_counted: bool) -> anyhow::Result<()> {
        let at = format!("http://localhost:{}", self.port);
        let pages = ["/v1/products?limit=12", &self.product, "/v1/cart"];
        let mut round = Vec::new();
        for page in pages {
            let before = self.cpu_s()?;
            let answers = wrk::get(&format!("{at}{page}"), &self.headers, seconds)?;
            round.push((self.cpu_s()? - before, answers, seconds as f64));
        }
        let before = self.cpu_s()?;
        let bought = self.shoppers.buy(seconds)?;
        // An order is answered when it is confirmed; what is left of it belongs to its price.
        std::thread::sleep(Duration::from_secs(1));
        round.push((self.cpu_s()? - before, bought.orders, bought.seconds));
        if is_counted {
            for (at, (spent, answers, seconds)) in round.into_iter().enumerate() {
                self.costs[at].push(spent * 1e6 / answers);
                self.rates[at].push(answers / seconds);
            }
        }
        Ok(())
    }

    fn cpu_s(&self) -> anyhow::Result<f64> {
        self.processes
            .iter()
            .try_fold(0.0, |sum, (_, id)| Ok(sum + cpu_s(*id)?))
    }
}
