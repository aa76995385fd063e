//! Honest shoppers, and what they see.

use std::{
    fmt, fs,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use axum::http::Method;
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::wire::{Fault, Visitor, text};

/// How many shop.
const SHOPPERS: u8 = 20;

/// How long one looks before the next click.
const LOOK: Duration = Duration::from_millis(250);

/// How much of each product is there.
const STOCK: i64 = 1_000_000;

/// Shoppers with a cart, each at an address of their own.
pub(crate) struct Crowd {
    api: SocketAddr,
    site: SocketAddr,
    shoppers: Vec<Visitor>,
    product: String,
    /// What one piece of it costs, sent.
    total: Value,
}

/// What they saw in a time, and what the shop needed.
#[derive(Default)]
pub(crate) struct Seen {
    /// How long each request took that succeeded, in order.
    took: Vec<Duration>,
    failed: Vec<String>,
    pub(crate) files: usize,
    pub(crate) memory_mib: usize,
}

impl Crowd {
    pub(crate) async fn enter(
        api: SocketAddr,
        site: SocketAddr,
        staff: &Visitor,
    ) -> Result<Self, Fault> {
        let list = staff.ask(api, Method::GET, "/v1/products?limit=1", None);
        let product = text(&list.await?["items"][0], "id")?;
        let path = format!("/v1/products/{product}/stock");
        let stock = json!({ "stock": STOCK });
        staff.ask(api, Method::PUT, &path, Some(&stock)).await?;
        let item = format!("/v1/cart/items/{product}");
        let one = json!({ "quantity": 1 });
        let mut cart = staff.ask(api, Method::PUT, &item, Some(&one)).await?;
        let mut shoppers = Vec::new();
        for number in 1..=SHOPPERS {
            let visitor = Visitor::at(Ipv4Addr::new(127, 0, 1, number));
            shoppers.push(visitor.sign_up(api).await?);
        }
        Ok(Self {
            api,
            site,
            shoppers,
            product,
            total: cart["total"].take(),
        })
    }

    /// Everybody shops for so long.
    pub(crate) async fn shop(&self, time: Duration, process: &str) -> Seen {
        let until = Instant::now() + time;
        let shopping = self.shoppers.iter().map(|it| self.shop_until(it, until));
        let (all, needed) = tokio::join!(join_all(shopping), needed_until(until, process));
        let mut seen = needed;
        for one in all {
            seen.took.extend(one.took);
            seen.failed.extend(one.failed);
        }
        seen.took.sort_unstable();
        seen
    }

    /// The pages, the catalog, the cart, an order; again.
    async fn shop_until(&self, shopper: &Visitor, until: Instant) -> Seen {
        let product = format!("/v1/products/{}", self.product);
        let item = format!("/v1/cart/items/{}", self.product);
        let one = json!({ "quantity": 1 });
        let order = json!({
            "address": {
                "name": "Rose Gardener", "line1": "1 Orchard Lane", "city": "Portland",
                "region": "OR", "postal_code": "97201", "country": "US",
            },
            "payment": { "token": "tok_visa" },
            "expected_total": self.total,
        });
        let clicks = [
            (self.site, Method::GET, "/", None),
            (self.api, Method::GET, "/v1/products?limit=12", None),
            (self.api, Method::GET, &*product, None),
            (self.api, Method::PUT, &item, Some(&one)),
            (self.api, Method::GET, "/v1/cart", None),
            (self.api, Method::POST, "/v1/orders", Some(&order)),
        ];
        let mut seen = Seen::default();
        for (to, method, path, body) in clicks.iter().cycle() {
            if Instant::now() >= until {
                break;
            }
            let started = Instant::now();
            match shopper.ask(*to, method.clone(), path, *body).await {
                Ok(_) => seen.took.push(started.elapsed()),
                Err(fault) => seen.failed.push(fault.to_string()),
            }
            sleep(LOOK).await;
        }
        seen
    }
}

/// The most that the process needs until then.
async fn needed_until(until: Instant, process: &str) -> Seen {
    let mut most = Seen::default();
    while Instant::now() < until {
        let files = fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count);
        most.files = most.files.max(files);
        most.memory_mib = most.memory_mib.max(memory_mib(process).unwrap_or_default());
        sleep(LOOK).await;
    }
    most
}

fn memory_mib(process: &str) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024)
}

impl Seen {
    /// The part of the requests that succeeded.
    pub(crate) fn success(&self) -> f64 {
        self.took.len() as f64 / self.asked().max(1) as f64
    }

    /// What 99 of 100 requests take at most.
    pub(crate) fn p99_ms(&self) -> f64 {
        let at = self.took.len() * 99 / 100;
        let p99 = self.took.get(at).copied().unwrap_or_default();
        (p99.as_secs_f64() * 10_000.0).round() / 10.0
    }

    fn asked(&self) -> usize {
        self.took.len() + self.failed.len()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (asked, success) = (self.asked(), 100.0 * self.success());
        write!(f, "{asked} | {success:.1} % | {} ms | ", self.p99_ms())?;
        write!(f, "{} | {} MiB", self.files, self.memory_mib)?;
        match self.failed.first() {
            Some(first) => write!(f, " (e.g. {first})"),
            None => Ok(()),
        }
    }
}
