//! `cargo xtask test private`: payments as a private web service. Every service is a host of a network, and `orders` alone
//! reaches payments there; visitors buy from outside.

use std::{fs, path::Path, sync::atomic::AtomicBool};

use anyhow::ensure;

use crate::{
    knock::{PUBLIC, map, open_from},
    needs,
    run::{cargo, output, root, run},
    test::SUITE,
    up::{
        Network, Shop, Up,
        network::{OTHERS, names as hosts},
    },
};

/// What the edge hears from Redis, which is no part of this network.
const BY_REDIS: [&str; 2] = [
    "a_demoted_members_access_token_is_refused_within_seconds",
    "an_ended_sessions_access_token_is_refused_within_seconds_and_others_are_not",
];

pub(crate) fn test() -> anyhow::Result<()> {
    needs::namespaces()?;
    needs::CURL.get()?;
    // What is built later finds no registry, in a network of its own.
    run(cargo(&SUITE).arg("--no-run"))?;
    let data = std::env::temp_dir().join(format!("terrace-private-{}", std::process::id()));
    let opened = Up::for_tests(&data, &[])
        .apart()
        .open(&AtomicBool::new(false));
    let tested = opened.and_then(|shop| check(&shop, &data));
    fs::remove_dir_all(data)?;
    tested
}

fn check(shop: &Shop, data: &Path) -> anyhow::Result<()> {
    let network = shop.network()?;
    let mut visit = network.command(OTHERS[0], "cargo");
    visit
        .current_dir(root())
        .args(SUITE)
        .args(["blackbox", "--"]);
    for test in BY_REDIS {
        visit.args(["--skip", test]);
    }
    visit.env("SHOP_API", shop.all_of("edge"));
    visit.env("SHOP_SITE", shop.all_of("site"));
    run(visit.env("SHOP_DATA", data))?;
    is_as_the_map_says(shop, network)?;
    needs_its_key(shop, network)
}

/// A port of a service.
struct Target {
    service: String,
    is_admin: bool,
    address: String,
}

/// Every host knocks at every port of every other.
fn is_as_the_map_says(shop: &Shop, network: &Network) -> anyhow::Result<()> {
    let mut targets = Vec::new();
    for (service, admin) in shop.processes() {
        for (is_admin, port) in [(false, shop.port(&service)), (true, admin)] {
            targets.push(Target {
                address: format!("{} {port}", shop.host(&service)),
                service: service.clone(),
                is_admin,
            });
        }
    }
    let addresses: Vec<_> = targets.iter().map(|to| to.address.clone()).collect();
    let (mut wrong, mut callers) = (Vec::new(), Vec::new());
    for from in hosts() {
        let open = open_from(&mut network.command(from, "bash"), &addresses)?;
        for to in targets.iter().filter(|to| to.service != from) {
            let (is_open, port) = (
                open.contains(&to.address),
                if to.is_admin { "admin" } else { "http" },
            );
            if is_open != may(from, to) {
                let state = if is_open { "open" } else { "closed" };
                wrong.push(format!("from {from} to {} ({port}) is {state}", to.service));
            }
            if is_open && to.service == "payments" && !to.is_admin {
                callers.push(from);
            }
        }
    }
    ensure!(
        wrong.is_empty(),
        "the network is not as the map says:\n{}",
        wrong.join("\n")
    );
    ensure!(callers == ["orders"], "payments is reached by {callers:?}");
    println!("what is open and what is closed is as the map says: orders alone reaches payments");
    Ok(())
}

/// Whether the map lets a host call this port.
fn may(from: &str, to: &Target) -> bool {
    let [outside, monitoring, _] = OTHERS;
    if to.is_admin {
        return from == monitoring;
    }
    let map = map();
    let calls = map.iter().find(|(caller, _)| *caller == from);
    calls.is_some_and(|(_, calls)| calls.contains(&to.service))
        || from == outside && PUBLIC.contains(&to.service.as_str())
}

/// Being in the right place is not enough.
fn needs_its_key(shop: &Shop, network: &Network) -> anyhow::Result<()> {
    let url = format!("{}/internal/ledger", shop.all_of("payments"));
    // Nothing, and a token that nobody has signed.
    for header in ["accept: */*", "terrace-caller: e30.e30.AAAA"] {
        let mut curl = network.command("orders", "curl");
        curl.args(["--silent", "--output", "/dev/null", "--max-time", "10"]);
        curl.args(["--write-out", "%{http_code}", "--header", header, &url]);
        let status = output(&mut curl)?;
        ensure!(
            status == "401",
            "payments answers {status} to the host of orders without its key"
        );
    }
    println!("and answers it by its key alone");
    Ok(())
}
