//! Reading through the whole shop, one process: edge (with a signed-in shopper's token), which has
//! kept these answers after the first round. With `TERRACE_EDGE__CACHE_BYTES=0` it is caller token,
//! catalog, SQLite as well.

use anyhow::Context;
use serde_json::Value;

use super::{
    Bench,
    account::sign_in,
    figure::{self, Figure},
    peer,
    process::cpu_s,
    terrace, wrk,
};
use crate::{http, shop::Shop};

/// The two pages of the catalog that shoppers look at most.
pub(super) fn bench(bench: &Bench) -> anyhow::Result<()> {
    let shop = Shop::start(&terrace()?)?;
    let headers = [
        format!(
            "Authorization: Bearer {}",
            sign_in(shop.edge_port(), &shop.accounts())?
        ),
        "Accept: application/json".to_owned(),
        "Origin: http://localhost:3000".to_owned(),
    ];
    let list = http::get(shop.edge_port(), "/v1/products?limit=1")?;
    let list: Value = serde_json::from_str(&list)?;
    let slug = list["items"][0]["slug"].as_str().context("no product")?;
    let pages = [
        (
            "list of 12",
            "/v1/products?limit=12".to_owned(),
            peer::LIST_US,
        ),
        (
            "one product",
            format!("/v1/products/{slug}"),
            peer::PRODUCT_US,
        ),
    ];

    let mut costs = [const { Vec::new() }; 2];
    let mut rates = [const { Vec::new() }; 2];
    for round in 0..=bench.runs {
        for (at, (_, path, _)) in pages.iter().enumerate() {
            let before = cpu_s(shop.id())?;
            let answers = wrk::get(&(shop.api() + path), &headers, bench.seconds)?;
            let spent = cpu_s(shop.id())? - before;
            // The first round warms up.
            if round > 0 {
                costs[at].push(spent * 1e6 / answers);
                rates[at].push(answers / spent);
            }
        }
    }
    let rows: Vec<_> = pages
        .iter()
        .zip(costs.iter().zip(&rates))
        .map(|((name, _, peer), (costs, rates))| {
            let cost = Figure::of(costs.iter().copied());
            let rate = Figure::of(rates.iter().copied());
            vec![
                (*name).to_owned(),
                format!("{cost:.1}"),
                format!("{rate:.0}"),
                format!("{peer:.0}"),
                peer::times(*peer, cost.median),
            ]
        })
        .collect();
    figure::print(
        "Catalog: CPU of the whole shop for a signed-in GET through the edge",
        &[
            "page",
            "CPU µs a request",
            "requests a second of one core",
            "peer µs",
            "peer's is",
        ],
        &rows,
    );
    Ok(())
}
