//! `cargo xtask doctor`: what this machine has of what the shop needs, a line each, and what to do where something lacks.

use std::{net::TcpListener, path::Path};

use anyhow::ensure;

use crate::{
    needs::{
        CHROMIUM, CLIPPY, COMPOSE, CURL, DOCKER, GIT, GO, GOFMT, JDK, MAVEN, NODE, NPM, PEBBLE,
        POSTGRES, PYTHON, REDIS, RUST, RUSTFMT, SWIFT, tool::Tool,
    },
    run::{command, root},
};

/// The ports of `cargo run`, and how another is chosen.
const PORTS: [(u16, &str, &str); 3] = [
    (3000, "web pages", "--site-port"),
    (8080, "API", "--edge-port"),
    (9080, "health and metrics", "--admin-port"),
];

/// What the build for `cargo run` takes, in GB.
const RUN_GB: u64 = 5;

/// What builds of everything for all tests take.
const TESTS_GB: u64 = 25;

/// What the rest needs, by what it is for.
const REST: [(&str, &[Tool]); 6] = [
    (
        "`cargo xtask new`, `cargo xtask adopt` and changes",
        &[GIT, RUSTFMT, CLIPPY],
    ),
    ("`cargo xtask up`", &[POSTGRES, REDIS]),
    (
        "`cargo xtask test`, beside all above",
        &[PYTHON, CHROMIUM, CURL, PEBBLE],
    ),
    ("`cargo xtask sdk` in Go", &[GOFMT]),
    (
        "`cargo xtask test sdk` in Go, Java, Kotlin and Swift",
        &[GO, JDK, MAVEN, SWIFT],
    ),
    ("`docker compose up`", &[DOCKER, COMPOSE]),
];

/// What was found of one thing: how it is, or what to do.
type Line = Result<String, String>;

/// Looks at everything; fails when `cargo run` would.
pub(crate) fn doctor() -> anyhow::Result<()> {
    println!("For `cargo run`:");
    let mut needed = vec![
        line(&RUST),
        line(&NODE).map_err(|lacks| format!("{lacks}. Without it there is the API alone")),
        line(&NPM),
        disk(free_gb(root())),
    ];
    needed.extend(PORTS.map(|(port, what, flag)| free(port, what, flag)));
    show(&needed);
    for (what, tools) in REST {
        println!("\nFor {what}:");
        show(&tools.iter().map(line).collect::<Vec<_>>());
    }
    let has_all = needed.iter().all(Result::is_ok);
    ensure!(has_all, "`cargo run` lacks what is marked above");
    Ok(())
}

fn show(lines: &[Line]) {
    for line in lines {
        match line {
            Ok(how) => println!("  ok     {how}"),
            Err(what) => println!("  LACKS  {what}"),
        }
    }
}

fn line(tool: &Tool) -> Line {
    let found = tool.look()?;
    let (name, program) = (tool.name, found.words.join(" "));
    match found.version.as_str() {
        "" => Ok(format!("{name}: {program}")),
        version => Ok(format!("{name}: {version}, {program}")),
    }
}

fn free(port: u16, what: &str, flag: &str) -> Line {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(format!("port {port} ({what}) is free")),
        Err(fault) => Err(format!(
            "port {port} ({what}) cannot be had: {fault}. Stop who has it, or choose another: cargo run -- {flag} <port>"
        )),
    }
}

/// What is free where the workspace is, as `df` tells in 1024-byte blocks.
fn free_gb(folder: &Path) -> Option<u64> {
    let said = command("df", &["-Pk", &folder.to_string_lossy()])
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let blocks: u64 = said
        .lines()
        .nth(1)?
        .split_whitespace()
        .nth(3)?
        .parse()
        .ok()?;
    Some(blocks / 1_000_000)
}

fn disk(free: Option<u64>) -> Line {
    match free {
        Some(free) if free < RUN_GB => Err(format!(
            "{free} GB of disk are free, and a build takes up to {RUN_GB}: `cargo clean` gives back an old one"
        )),
        Some(free) if free < TESTS_GB => Ok(format!(
            "{free} GB of disk are free; builds for all tests take up to {TESTS_GB}"
        )),
        Some(free) => Ok(format!("{free} GB of disk are free")),
        None => Ok("nobody knows how much of the disk is free".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_old_or_full_is_told_with_what_to_do() {
        let ancient = Tool {
            oldest: &["1000"],
            ..RUST
        };

        let told = line(&ancient).expect_err("it is too old");
        let full = disk(Some(3)).expect_err("that is too little");
        let enough = disk(Some(18)).expect("the shop can be built");

        assert!(told.contains("rustup update"), "{told}");
        assert!(full.contains("3 GB"), "{full}");
        assert!(enough.contains("25"), "{enough}");
        line(&RUST).expect("this was built by it");
    }

    #[test]
    fn a_port_that_somebody_has_is_told_with_the_flag_for_another() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = taken.local_addr().expect("an address").port();

        let told = free(port, "API", "--edge-port").expect_err("it is taken");

        assert!(
            told.contains(&port.to_string()) && told.contains("--edge-port"),
            "{told}"
        );
        drop(taken);
        free(port, "API", "--edge-port").expect("it is free");
    }
}
