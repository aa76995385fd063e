//! Buying through the whole shop, one process, every step durable: an item into the cart, then the
//! order, which reserves stock, authorises and captures the payment, and sends its events.

use std::time::Duration;

use super::{
    Bench,
    figure::{self, Figure},
    peer,
    process::cpu_s,
    shoppers::Shoppers,
    terrace,
};
use crate::{http, shop::Shop};

/// How many shoppers buy at once.
const CROWDS: [u32; 3] = [1, 16, 64];

/// What one run came to.
struct Run {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_us: f64,
    writes: f64,
    commits: f64,
}

/// Each crowd in turn.
pub(super) fn bench(bench: &Bench) -> anyhow::Result<()> {
    let shop = Shop::start(&terrace()?)?;
    let mut crowds = Vec::new();
    for count in CROWDS {
        crowds.push((
            Shoppers::enter(shop.edge_port(), &shop.accounts(), count)?,
            Vec::new(),
        ));
    }
    for round in 0..=bench.runs {
        for (shoppers, runs) in &mut crowds {
            let run = measure(&shop, shoppers, bench.seconds)?;
            // The first round warms up.
            if round > 0 {
                runs.push(run);
            }
        }
    }
    let rows: Vec<_> = CROWDS
        .iter()
        .zip(&crowds)
        .map(|(count, (_, runs))| {
            let figure = |of: fn(&Run) -> f64| Figure::of(runs.iter().map(of));
            let (rate, cpu) = (figure(|run| run.rate), figure(|run| run.cpu_us));
            vec![
                count.to_string(),
                format!("{rate:.0}"),
                format!("{:.1}", figure(|run| run.p50_ms)),
                format!("{:.1}", figure(|run| run.p99_ms)),
                format!("{cpu:.0}"),
                format!("{:.1}", figure(|run| run.writes).median),
                format!("{:.1}", figure(|run| run.commits).median),
                peer::times(peer::CHECKOUT_US, cpu.median),
            ]
        })
        .collect();
    figure::print(
        &format!(
            "Checkout: PUT into the cart and POST the order, durable, through the edge \
             (the peer: {:.0} µs, about {:.0} a second)",
            peer::CHECKOUT_US,
            peer::CHECKOUTS_PER_S
        ),
        &[
            "shoppers",
            "orders a second",
            "POST p50 ms",
            "POST p99 ms",
            "CPU µs an order",
            "writes an order",
            "commits an order",
            "peer's CPU is",
        ],
        &rows,
    );
    Ok(())
}

fn measure(shop: &Shop, shoppers: &mut Shoppers, seconds: u64) -> anyhow::Result<Run> {
    let (cpu, [writes, commits]) = (cpu_s(shop.id())?, counted(shop)?);
    let round = shoppers.buy(seconds)?;
    // An order is answered when it is confirmed; what is left of it belongs to its price.
    std::thread::sleep(Duration::from_secs(1));
    let (cpu_after, [writes_after, commits_after]) = (cpu_s(shop.id())?, counted(shop)?);
    Ok(Run {
        rate: round.orders / round.seconds,
        p50_ms: round.p50_ms,
        p99_ms: round.p99_ms,
        cpu_us: (cpu_after - cpu) * 1e6 / round.orders,
        writes: (writes_after - writes) / round.orders,
        commits: (commits_after - commits) / round.orders,
    })
}

/// Writes and commits of all stores so far.
fn counted(shop: &Shop) -> anyhow::Result<[f64; 2]> {
    let metrics = http::get(shop.admin_port(), "/metrics")?;
    let sum = |name: &str| {
        let lines = metrics.lines().filter(|line| line.starts_with(name));
        let values = lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
        values.sum()
    };
    Ok(["store_writes_total{", "store_commits_total{"].map(sum))
}
