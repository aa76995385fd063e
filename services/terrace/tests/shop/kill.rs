//! The shop killed with SIGKILL at random instants under checkout load. Whoever got no answer asks again
//! with the same key. No acknowledged order is lost, no key buys or is charged twice, stock equals start
//! minus sold, nothing stays unsettled.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::http::Method;
use payments::network::Network;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use terrace::{
    config::{Arguments, Config},
    data::DemoAccounts,
};

use crate::{
    book::{BookedNetwork, entries},
    process::{Process, free_ports},
    visitor::{Visitor, address, product_with, stock},
};

/// How often the shop is killed.
const KILLS: usize = 20;

/// How many shoppers order all the time.
const SHOPPERS: usize = 6;

/// How long a shopper, an order or a start may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Names the file of the card network's book, for the process that is killed.
const BOOK: &str = "KILL_TEST_BOOK";

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_killed_at_any_instant_keeps_its_word() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("card-network");
    let ports = free_ports();
    let start = || Process::run(&mut shop_to_kill(folder.path(), &book, ports), ports);
    let mut shop = start();
    shop.wait().await;
    let accounts = std::fs::read(folder.path().join("demo-accounts.json")).unwrap();
    let accounts: DemoAccounts = serde_json::from_slice(&accounts).unwrap();
    let staff = shop.visitor().sign_in(&accounts.staff).await;
    let (product, _) = product_with(&shop.visitor(), 1).await;
    let path = format!("/v1/products/{product}/stock");
    let plenty = json!({ "stock": 100_000 });
    staff
        .call_with(Method::PUT, &path, &[("if-match", "*")], Some(&plenty))
        .await
        .ok(200);
    let mut shoppers = Vec::new();
    for n in 0..SHOPPERS {
        let visitor = shop.visitor().sign_up(&format!("shopper{n}")).await;
        shoppers.push(Shopper::new(n, visitor, &product));
    }

    let placed = Arc::new(AtomicUsize::new(0));
    for round in 0..KILLS {
        let killed = Arc::new(AtomicBool::new(false));
        let before = placed.load(Ordering::SeqCst);
        let load = shoppers.into_iter().map(|shopper| {
            let (killed, placed) = (killed.clone(), placed.clone());
            tokio::spawn(shopper.until(killed, placed))
        });
        let load: Vec<_> = load.collect();
        // A different instant each time, however slow the machine: up to 260 ms after this round's
        // first order was acknowledged; now and then before there is one.
        if round % 5 != 4 {
            more_than(&placed, before).await;
        }
        tokio::time::sleep(Duration::from_millis((round as u64 * 97) % 260)).await;
        killed.store(true, Ordering::SeqCst);
        shop.kill();
        shoppers = Vec::new();
        for shopper in load {
            let ended = tokio::time::timeout(TIMEOUT, shopper).await;
            shoppers.push(ended.expect("a shopper does not end").unwrap());
        }
        shop = start();
        shop.wait().await;
    }
    for shopper in &mut shoppers {
        shopper.ask_again().await.unwrap();
    }
    let orders = settled(&staff, folder.path()).await;
    let left = stock(&shop.visitor(), &product).await;
    shop.kill();

    let checkouts: Vec<&Checkout> = shoppers.iter().flat_map(|s| &s.checkouts).collect();
    let repeated = checkouts.iter().filter(|checkout| checkout.unanswered > 0);
    assert!(repeated.count() > 0, "no checkout was interrupted");
    let acknowledged = checkouts
        .iter()
        .filter(|checkout| checkout.answers.iter().any(|(_, id)| id.is_some()));
    let acknowledged = acknowledged.count();
    assert!(
        acknowledged >= KILLS,
        "hardly any order was placed: {acknowledged}"
    );
    let unexpected: Vec<_> = checkouts
        .iter()
        .filter(|checkout| !checkout.is_as_expected())
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");

    // Every key was answered at last, so every key has an order, and no order is without one.
    assert_eq!(orders.len(), checkouts.len(), "orders are not one a key");
    let mut known = BTreeSet::new();
    for checkout in &checkouts {
        let ids: BTreeSet<_> = checkout
            .answers
            .iter()
            .filter_map(|(_, id)| id.as_ref())
            .collect();
        assert!(ids.len() <= 1, "two orders: {checkout:#?}");
        for id in ids {
            assert!(known.insert(id), "another key's order: {checkout:#?}");
            let status = orders
                .get(id)
                .map(|order| order["status"].as_str().unwrap());
            assert_eq!(status, Some("confirmed"), "{checkout:#?}");
        }
    }
    let confirmed: Vec<&Value> = orders
        .values()
        .filter(|order| order["status"] == "confirmed")
        .collect();
    let sold: i64 = confirmed.iter().map(|order| quantity(order)).sum();
    assert_eq!(left, 100_000 - sold, "stock is not start minus sold");

    let owed: BTreeMap<String, i64> = confirmed
        .iter()
        .map(|order| {
            (
                text(order, "id"),
                order["total"]["amount"].as_i64().unwrap(),
            )
        })
        .collect();
    let charged: BTreeMap<String, i64> = charges(folder.path());
    assert_eq!(charged, owed, "what is charged is not what was ordered");
    let approved = checkouts
        .iter()
        .filter(|checkout| checkout.card == "tok_visa");
    let once: BTreeMap<_, _> = owed
        .into_iter()
        .map(|(id, total)| (id, vec![total]))
        .collect();
    assert_eq!(
        once.len(),
        approved.count(),
        "authorisations are not one a key"
    );
    assert_eq!(entries(&book, "hold"), once, "the card network's holds");
    assert_eq!(
        entries(&book, "capture"),
        once,
        "the card network's captures"
    );
}

/// The shop over a card network that keeps a book, as a process: this test program, asked for the test below.
fn shop_to_kill(data: &Path, book: &Path, ports: [u16; 3]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["kill::the_shop_that_is_killed", "--exact", "--ignored"])
        .arg("--nocapture")
        .env(BOOK, book)
        .env("TERRACE_DATA", data)
        .env("TERRACE_EDGE__THROTTLE", "off")
        // The storefront plays no part here, and need not be built.
        .env("TERRACE_SITE__ROOT", data);
    for (name, port) in ["EDGE", "SITE", "ADMIN"].iter().zip(ports) {
        command.env(format!("TERRACE_{name}__PORT"), port.to_string());
    }
    command
}

#[test]
#[ignore = "no test by itself: the process that the kill test kills"]
fn the_shop_that_is_killed() {
    let Some(book) = std::env::var_os(BOOK) else {
        return;
    };
    let network = BookedNetwork::open(&PathBuf::from(book)).unwrap();
    let mut config = Config::load(&Arguments::default()).unwrap();
    config.payments = Network(Arc::new(network));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(terrace::run::run(config, || anyhow::bail!("not again")))
        .unwrap();
}

/// Somebody who orders as fast as the shop lets.
struct Shopper {
    number: usize,
    visitor: Visitor,
    product: String,
    checkouts: Vec<Checkout>,
}

/// A checkout: its key, and every answer to it.
#[derive(Debug)]
struct Checkout {
    key: String,
    card: &'static str,
    /// What it may cost.
    total: Value,
    /// Each status, and the order's id where there is one.
    answers: Vec<(u16, Option<String>)>,
    /// What refused it, to be read when the test fails.
    problems: Vec<String>,
    unanswered: usize,
}

impl Checkout {
    /// Confirmed or on its way with a good card, declined or on its way with a bad one.
    fn is_as_expected(&self) -> bool {
        let mut statuses = self.answers.iter().map(|(status, _)| *status);
        match self.card {
            "tok_visa" => statuses.all(|status| matches!(status, 201 | 202)),
            _ => statuses.all(|status| matches!(status, 202 | 402)),
        }
    }
}

/// The shop was killed before it answered.
type Gone = Box<dyn std::error::Error + Send + Sync>;

impl Shopper {
    fn new(number: usize, visitor: Visitor, product: &str) -> Self {
        Self {
            number,
            visitor,
            product: product.to_owned(),
            checkouts: Vec::new(),
        }
    }

    /// Asks for the last checkout again, answered or not, and then orders until the shop is gone. Counts
    /// in `placed` what is acknowledged.
    async fn until(mut self, killed: Arc<AtomicBool>, placed: Arc<AtomicUsize>) -> Self {
        let mut went = self.ask_again().await;
        while went.is_ok() {
            placed.fetch_add(1, Ordering::SeqCst);
            went = self.order_one_more().await;
        }
        assert!(killed.load(Ordering::SeqCst), "{:?}", went.err());
        self
    }

    async fn order_one_more(&mut self) -> Result<(), Gone> {
        let path = format!("/v1/cart/items/{}", self.product);
        let one = json!({ "quantity": 1 });
        let put = self.visitor.attempt(Method::PUT, &path, &[], Some(&one));
        let total = put.await?.ok(200)["total"].clone();
        let number = self.checkouts.len();
        self.checkouts.push(Checkout {
            key: format!("{}-{number}", self.number),
            // Fewer than a user may have declined in a row.
            card: if (self.number + number) % 5 == 4 && number < 20 {
                "tok_declined"
            } else {
                "tok_visa"
            },
            total,
            answers: Vec::new(),
            problems: Vec::new(),
            unanswered: 0,
        });
        self.ask_again().await
    }

    /// Sends the last checkout, with its key.
    async fn ask_again(&mut self) -> Result<(), Gone> {
        let Some(checkout) = self.checkouts.last_mut() else {
            return Ok(());
        };
        let body = json!({
            "address": address(), "payment": { "token": checkout.card },
            "expected_total": checkout.total,
        });
        let key = [("idempotency-key", checkout.key.as_str())];
        let sent = self
            .visitor
            .attempt(Method::POST, "/v1/orders", &key, Some(&body));
        let answer = match sent.await {
            Ok(answer) => answer,
            Err(gone) => {
                checkout.unanswered += 1;
                return Err(gone);
            }
        };
        let status = answer.status.as_u16();
        let id = matches!(status, 201 | 202).then(|| text(&answer.ok(status), "id"));
        if id.is_none() {
            checkout.problems.push(answer.text());
        }
        checkout.answers.push((status, id));
        Ok(())
    }
}

/// Waits until more than `before` orders are acknowledged.
async fn more_than(placed: &AtomicUsize, before: usize) {
    let started = Instant::now();
    // Each shopper's first answer is of the checkout before.
    while placed.load(Ordering::SeqCst) <= before + SHOPPERS {
        assert!(started.elapsed() < TIMEOUT, "no order is acknowledged");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// All orders, once every one of them is settled. No answer tells whether stock and money of a
/// cancelled order are back: the orders' own file does.
async fn settled(staff: &Visitor, data: &Path) -> BTreeMap<String, Value> {
    let started = Instant::now();
    loop {
        let open = unsettled(data);
        if open.is_empty() {
            let orders = all_orders(staff).await;
            for order in orders.values() {
                match order["status"].as_str().unwrap() {
                    "confirmed" => assert_eq!(order["payment"]["status"], "captured"),
                    "cancelled" => assert_ne!(order["payment"]["status"], "authorised"),
                    other => panic!("settled, and {other}"),
                }
            }
            return orders;
        }
        assert!(started.elapsed() < TIMEOUT, "unsettled: {open:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn all_orders(staff: &Visitor) -> BTreeMap<String, Value> {
    let mut orders = BTreeMap::new();
    let mut next = "/v1/admin/orders?limit=100".to_owned();
    loop {
        let page = staff.call(Method::GET, &next, None).await.ok(200);
        for order in page["items"].as_array().unwrap() {
            orders.insert(text(order, "id"), order.clone());
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("/v1/admin/orders?limit=100&cursor={cursor}"),
            None => return orders,
        }
    }
}

fn quantity(order: &Value) -> i64 {
    order["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["quantity"].as_i64().unwrap())
        .sum()
}

/// The orders that have steps left to take, read from the orders' own file.
fn unsettled(data: &Path) -> Vec<String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let orders = Connection::open_with_flags(data.join("orders.db"), flags).unwrap();
    let sql = "select number || ' ' || status || ' ' || saga from purchase where settled = 0";
    let mut rows = orders.prepare(sql).unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// What payments took, by order, read from its own file.
fn charges(data: &Path) -> BTreeMap<String, i64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let payments = Connection::open_with_flags(data.join("payments.db"), flags).unwrap();
    let sql = "select order_id, amount from payment where state = 'captured'";
    let mut rows = payments.prepare(sql).unwrap();
    let rows = rows.query_map([], |row| {
        Ok((row.get::<_, uuid::Uuid>(0)?.to_string(), row.get(1)?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap().to_owned()
}
