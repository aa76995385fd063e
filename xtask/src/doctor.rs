//! `cargo xtask doctor`: what this machine has of what the shop needs, a line each, and what to do where something lacks.

use std::{net::TcpListener, path::Path};

use anyhow::ensure;

use crate::{
    needs::{NODE, is_new_enough},
    run::{command, root},
};

/// The ports of `cargo run`, and how another is chosen.
const PORTS: [(u16, &str, &str); 3] = [
    (3000, "web pages", "--site-port"),
    (8080, "API", "--edge-port"),
    (9080, "health and metrics", "--admin-port"),
];

/// What a build of everything and its tests take, in GB.
const DISK_GB: u64 = 25;

/// What was found of one thing: how it is, or what to do.
type Found = Result<String, String>;

/// Looks at everything; fails when `cargo run` would.
pub(crate) fn doctor() -> anyhow::Result<()> {
    println!("For `cargo run`:");
    let mut needed = vec![
        ("Rust", rust(&version("rustc", &["--version"]))),
        ("Node.js", node(&version("node", &["--version"]))),
        (
            "npm",
            any(
                &version("npm", &["--version"]),
                "nodejs.org has it, with Node.js",
            ),
        ),
        ("disk", disk(free_gb(root()))),
    ];
    needed.extend(PORTS.map(|(port, what, flag)| ("port", free(port, what, flag))));
    show(&needed);

    println!("\nFor `cargo xtask up` and the tests:");
    let postgres = "command -v postgres || ls /usr/lib/postgresql/*/bin/postgres";
    let debian = |package: &str| format!("on Debian: apt-get install {package}");
    show(&[
        ("git", any(&version("git", &["--version"]), &debian("git"))),
        (
            "PostgreSQL",
            any(&version("sh", &["-c", postgres]), &debian("postgresql")),
        ),
        (
            "Redis",
            any(
                &version("redis-server", &["--version"]),
                &debian("redis-server"),
            ),
        ),
        (
            "Chromium",
            any(&version("chromium", &["--version"]), &debian("chromium")),
        ),
        (
            "Python",
            any(&version("python3", &["--version"]), &debian("python3-venv")),
        ),
    ]);

    println!("\nFor `docker compose up`:");
    let ask = ["version", "--format", "{{.Server.Version}}"];
    let docker = "docs.docker.com/engine/install; its daemon has to run";
    let plugin = ["compose", "version", "--short"];
    let compose = version("docker", &plugin);
    let compose = compose.or_else(|| version("docker-compose", &["version", "--short"]));
    show(&[
        ("Docker", any(&version("docker", &ask), docker)),
        ("compose", any(&compose, "docs.docker.com/compose/install")),
    ]);
    let has_all = needed.iter().all(|(_, found)| found.is_ok());
    ensure!(has_all, "`cargo run` lacks what is marked above");
    Ok(())
}

fn show(lines: &[(&str, Found)]) {
    for (name, found) in lines {
        match found {
            Ok(how) => println!("  ok     {name}: {how}"),
            Err(what) => println!("  LACKS  {name}: {what}"),
        }
    }
}

/// The first line that a program says of itself.
fn version(program: &str, arguments: &[&str]) -> Option<String> {
    let said = command(program, arguments).output().ok()?;
    let said = said.status.success().then_some(said.stdout)?;
    let line = String::from_utf8_lossy(&said)
        .lines()
        .next()?
        .trim()
        .to_owned();
    (!line.is_empty()).then_some(line)
}

fn any(version: &Option<String>, what: &str) -> Found {
    version.clone().ok_or_else(|| format!("not found; {what}"))
}

/// `rustc 1.95.0 (…)`: as new as the workspace asks for.
fn rust(version: &Option<String>) -> Found {
    let needed = env!("CARGO_PKG_RUST_VERSION");
    let told = version.as_deref().unwrap_or("nothing");
    let number = told.split(' ').nth(1).unwrap_or_default();
    let parts = |text: &str| -> Vec<u32> {
        let digits = text.split(['.', '-']);
        digits.map_while(|it| it.parse().ok()).take(2).collect()
    };
    match parts(number) >= parts(needed) {
        true => Ok(told.to_owned()),
        false => Err(format!(
            "{needed} or newer is needed, and there is {told}: rustup update"
        )),
    }
}

fn node(version: &Option<String>) -> Found {
    match version {
        Some(version) if is_new_enough(version) => Ok(version.clone()),
        Some(version) => Err(format!(
            "{NODE} is needed, and there is {version}: nodejs.org has it"
        )),
        None => Err(format!(
            "{NODE} builds the web pages; without it there is the API alone: nodejs.org has it"
        )),
    }
}

fn free(port: u16, what: &str, flag: &str) -> Found {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(format!("{port} ({what}) is free")),
        Err(fault) => Err(format!(
            "{port} ({what}) cannot be had: {fault}. Stop who has it, or choose another: cargo run -- {flag} <port>"
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

fn disk(free: Option<u64>) -> Found {
    match free {
        Some(free) if free < DISK_GB => Err(format!(
            "{free} GB are free, and a build with its tests takes up to {DISK_GB}: `cargo clean` gives back an old one"
        )),
        Some(free) => Ok(format!("{free} GB are free")),
        None => Ok("nobody knows what is free".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_old_is_told_with_what_there_is() {
        let some = |text: &str| Some(text.to_owned());
        assert!(rust(&some("rustc 1.95.0 (abc 2026-04-14)")).is_ok());
        assert!(rust(&some("rustc 2.0.0-nightly (abc)")).is_ok());
        for old in [some("rustc 1.94.1 (abc)"), some("rustc 1.9.0"), None] {
            assert!(rust(&old).unwrap_err().contains("rustup update"));
        }
        assert!(node(&some("v22.13.0")).is_ok());
        assert!(node(&some("v18.19.0")).unwrap_err().contains("v18.19.0"));
        assert!(node(&None).unwrap_err().contains("web pages"));
        assert!(disk(Some(3)).unwrap_err().contains("3 GB"));
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
