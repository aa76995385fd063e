//! Honest shoppers, and what they see.

use std::{
    fmt, fs,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use shoppers::{Account, Fault, told};
use terrace_sdk::{
    Client, ListProductsParams, SetStockParams,
    types::{OrdersMoney, PaymentInput, PlaceOrder, SetCartItem, SetStock},
};
use tokio::time::sleep;

use crate::visitor::Visitor;

/// How many shop.
const SHOPPERS: u8 = 20;

/// How long one looks before the next click.
const LOOK: Duration = Duration::from_millis(250);

/// How much of each product is there.
const STOCK: i64 = 1_000_000;

/// What one does in turn, one after the other.
const CLICKS: [Click; 6] = [
    Click::Page,
    Click::List,
    Click::Product,
    Click::PutIntoCart,
    Click::Cart,
    Click::Order,
];

#[derive(Clone, Copy)]
enum Click {
    Page,
    List,
    Product,
    PutIntoCart,
    Cart,
    Order,
}

/// Shoppers with a cart, each at an address of their own.
pub(crate) struct Crowd {
    site: SocketAddr,
    shoppers: Vec<Visitor>,
    product: String,
    /// What one piece of it costs, sent.
    total: OrdersMoney,
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
        let product = any_product(&staff.shop).await?;
        let whatever_is_there = SetStockParams {
            if_match: Some("*".to_owned()),
        };
        let full = SetStock { stock: STOCK };
        let stock = staff.shop.set_stock(&product, &whatever_is_there, &full);
        stock.await?;
        let one = SetCartItem { quantity: 1 };
        let cart = staff.shop.set_cart_item(&product, &one).await?;
        let mut shoppers = Vec::new();
        for number in 1..=SHOPPERS {
            let visitor = Visitor::at(Ipv4Addr::new(127, 0, 1, number), api)?;
            visitor.sign_up().await?;
            shoppers.push(visitor);
        }
        Ok(Self {
            site,
            shoppers,
            product,
            total: cart.total,
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
        let mut seen = Seen::default();
        for click in CLICKS.iter().cycle() {
            if Instant::now() >= until {
                break;
            }
            let started = Instant::now();
            let answer = self.click(shopper, *click).await;
            let missed = shopper.attempts.take();
            match answer {
                Ok(()) => {
                    seen.took.push(started.elapsed());
                    // What the client mended was no success at first.
                    seen.failed.extend(missed.into_iter().map(|it| it.told));
                }
                Err(fault) => seen.failed.push(told(&*fault)),
            }
            sleep(LOOK).await;
        }
        seen
    }

    async fn click(&self, shopper: &Visitor, click: Click) -> Result<(), Fault> {
        let shop = &shopper.shop;
        match click {
            Click::Page => return shopper.read(self.site).await,
            Click::List => {
                let some = ListProductsParams {
                    limit: Some(12),
                    ..Default::default()
                };
                shop.list_products(&some).await.map(drop)
            }
            Click::Product => shop.get_product_v2(&self.product).await.map(drop),
            Click::PutIntoCart => {
                let one = SetCartItem { quantity: 1 };
                shop.set_cart_item(&self.product, &one).await.map(drop)
            }
            Click::Cart => shop.get_cart().await.map(drop),
            Click::Order => {
                let order = order(self.total.clone());
                shop.place_order(&order).await.map(drop)
            }
        }
        .map_err(Fault::from)
    }
}

/// One that can be bought.
pub(crate) async fn any_product(shop: &Client) -> Result<String, Fault> {
    let one = ListProductsParams {
        limit: Some(1),
        ..Default::default()
    };
    let mut list = shop.list_products(&one).await?;
    Ok(list.items.pop().ok_or("no products")?.id)
}

/// An order of what is in the cart, at this total.
pub(crate) fn order(total: OrdersMoney) -> PlaceOrder {
    let payment = PaymentInput {
        token: "tok_visa".to_owned(),
    };
    PlaceOrder {
        address: Some(Account::home()),
        ..PlaceOrder::new(payment, total)
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
