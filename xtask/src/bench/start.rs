//! From the program's start to its first answer, and the memory that the whole shop takes.

use std::time::Duration;

use super::{
    Bench,
    figure::{self, Figure},
    peer,
    process::memory_mib,
    shoppers, terrace, wrk,
};
use crate::shop::Shop;

/// How many shoppers buy while memory is watched.
const SHOPPERS: u32 = 32;

/// A first start, a second one, an idle shop and a busy one, in each run.
pub(super) fn bench(bench: &Bench) -> anyhow::Result<()> {
    let program = terrace()?;
    let mut runs = Vec::new();
    // The first start of all may build the storefront.
    drop(Shop::start(&program)?);
    for _ in 0..bench.runs {
        let mut shop = Shop::start(&program)?;
        let first = shop.opened();
        shop.reopen()?;
        let second = shop.opened();
        std::thread::sleep(Duration::from_secs(5));
        let (idle, _) = memory_mib(shop.id())?;
        let list = shop.api() + "/v1/products?limit=12";
        wrk::get(&list, &[], bench.seconds)?;
        shoppers::Shoppers::enter(shop.edge_port(), &shop.accounts(), SHOPPERS)?
            .buy(bench.seconds)?;
        let (after, highest) = memory_mib(shop.id())?;
        runs.push([
            first.as_secs_f64(),
            second.as_secs_f64(),
            idle,
            after,
            highest,
        ]);
    }
    let figure = |at: usize| Figure::of(runs.iter().map(|run| run[at]));
    let seconds = |name: &str, at: usize| {
        let figure = figure(at);
        vec![
            name.to_owned(),
            format!("{figure:.3} s"),
            format!("{} s", peer::START_S),
            peer::times(peer::START_S, figure.median),
        ]
    };
    let memory = |name: &str, at: usize| {
        let figure = figure(at);
        vec![
            name.to_owned(),
            format!("{figure:.1} MiB"),
            format!("{:.0} MiB", peer::MEMORY_MIB),
            peer::times(peer::MEMORY_MIB, figure.median),
        ]
    };
    figure::print(
        &format!(
            "Start: from the program's start to its first answer; resident memory of the whole \
             shop, before and after load of {} s each",
            bench.seconds
        ),
        &["figure", "here", "peer", "peer's is"],
        &[
            seconds("first start, which seeds the shop", 0),
            seconds("second start", 1),
            memory("idle for 5 s", 2),
            memory("after load", 3),
            memory("highest (VmHWM)", 4),
        ],
    );
    Ok(())
}
