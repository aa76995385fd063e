//! Attackers at one address with three free accounts, and honest shoppers at addresses of their own who
//! browse and buy meanwhile. Each attack goes on for half a minute. It fails unless 99 % of the honest
//! requests succeed, the slowest hundredth takes at most three times what it takes on a quiet day, files and
//! memory stay bounded, and five seconds later all is as before.
//! `cargo xtask drill hostile` drives it. Needs Linux, where each address of 127.0.0.0/8 is this machine.
//!
//! Reading order: `attack` (what they do), `honest`, then `visitor`, who both are.

mod attack;
mod honest;
mod visitor;

use std::{
    env,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use shoppers::{Account, Fault};
use tokio::time::{sleep, timeout};

use crate::{
    attack::{ATTACKS, Attackers},
    honest::{Crowd, Seen},
    visitor::Visitor,
};

/// How long an attack goes on.
const ATTACK: Duration = Duration::from_secs(30);

/// How long a quiet day is, and how long one is looked for after an attack.
const QUIET: Duration = Duration::from_secs(15);

/// How soon everything is as before.
const CALM: Duration = Duration::from_secs(5);

/// How many times slower the slowest hundredth may be.
const SLOWER: f64 = 3.0;

/// How much of what the honest ask succeeds.
const SUCCESS: f64 = 0.99;

/// How many files, and how much memory beside what a quiet day needs, an attack may take.
const FILES: usize = 2_000;
const MEMORY_MIB: usize = 300;

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [api, site, accounts, process, only @ ..] = arguments.as_slice() else {
        let usage = "hostile <API's address> <site's> <demo-accounts.json> <process> [attack]";
        return Err(usage.into());
    };
    let (api, site): (SocketAddr, SocketAddr) = (api.parse()?, site.parse()?);
    let staff = Visitor::at(Ipv4Addr::LOCALHOST, api)?;
    Account::staff(accounts)?.sign_in(&staff.shop).await?;
    let crowd = Crowd::enter(api, site, &staff).await?;
    let attackers = Arc::new(Attackers::sign_up(api, site).await?);

    let quiet = crowd.shop(QUIET, process).await;
    println!("| attack | honest requests | succeed | p99 | files | memory | after |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    println!("| none | {quiet} | |");
    let mut broken = Vec::new();
    for (name, attack) in ATTACKS {
        if !only.is_empty() && !only.iter().any(|wanted| wanted == name) {
            continue;
        }
        let attack = tokio::spawn(timeout(ATTACK, attack(attackers.clone())));
        let seen = crowd.shop(ATTACK, process).await;
        attack.abort();
        sleep(CALM).await;
        let after = crowd.shop(CALM, process).await;
        println!(
            "| {name} | {seen} | {:.1} %, {} ms |",
            100.0 * after.success(),
            after.p99_ms()
        );
        for (when, seen) in [("during", &seen), ("after", &after)] {
            broken
                .extend(broken_promise(&quiet, seen).map(|what| format!("{when} {name}: {what}")));
        }
    }
    match broken.as_slice() {
        [] => Ok(()),
        [..] => Err(broken.join("; ").into()),
    }
}

fn broken_promise(quiet: &Seen, seen: &Seen) -> Option<String> {
    let most_ms = SLOWER * quiet.p99_ms();
    if seen.success() < SUCCESS {
        return Some(format!("{:.1} % succeed", 100.0 * seen.success()));
    }
    if seen.p99_ms() > most_ms {
        return Some(format!("p99 {} ms, over {most_ms} ms", seen.p99_ms()));
    }
    if seen.files > FILES {
        return Some(format!("{} open files", seen.files));
    }
    let memory = seen.memory_mib.saturating_sub(quiet.memory_mib);
    (memory > MEMORY_MIB).then(|| format!("{memory} MiB more"))
}
