//! `cargo xtask test new`: makes a service and an operation in a copy of this revision, tests them, opens the shop with them in
//! one process and as a process a service, calls them through the edge, and takes the copy away.

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::symlink,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};

use crate::{
    http,
    run::{command, output, root, run},
    shop::Shop,
};

/// From the command to the first answer through the edge, with everything else built.
const TARGET: Duration = Duration::from_secs(90);

const SERVICE: &str = "reviews";
const LIST: &str = "/v1/reviews";

pub(crate) fn test() -> anyhow::Result<()> {
    let copy = Copy::of_this_revision()?;
    let program = root().join("target/debug/terrace");
    // What is built before: a team that adds a service has a build.
    run(&mut copy.cargo(&["build", "--quiet", "--workspace", "--bin", "terrace"]))?;
    run(&mut copy.xtask(&["openapi", "--check"]))?;
    run(Command::new(&program)
        .arg("storefront")
        .current_dir(&copy.folder))?;

    refuses(&copy, &["new", "service", "orders"], "services/orders")?;
    let planned = output(&mut copy.xtask(&["new", "service", SERVICE, "--dry-run"]))?;
    ensure!(
        planned.contains("services/reviews/src/review.rs"),
        "{planned}"
    );
    ensure!(copy.changes()?.is_empty(), "a dry run writes nothing");

    let started = Instant::now();
    run(&mut copy.xtask(&["new", "service", SERVICE]))?;
    run(&mut copy.cargo(&["build", "--quiet", "--workspace", "--bin", "terrace"]))?;
    let shop = Shop::start_in(&copy.folder, &program)?;
    let answer = http::get(shop.edge_port(), LIST)?;
    let took = started.elapsed();
    ensure!(answer.contains("\"items\":[]"), "{answer}");
    drop(shop);
    println!("from the command to the first answer: {} s", took.as_secs());

    refuses(
        &copy,
        &["new", "operation", SERVICE, "archive_review"],
        "commit or stash",
    )?;
    copy.commit()?;
    refuses(&copy, &["new", "service", SERVICE], "services/reviews")?;
    refuses(
        &copy,
        &["new", "operation", "payments", "look_up"],
        "the edge asks it nothing",
    )?;
    refuses(
        &copy,
        &["new", "operation", SERVICE, "Archive"],
        "small letters",
    )?;
    run(&mut copy.xtask(&["new", "operation", SERVICE, "archive_review"]))?;

    run(&mut copy.cargo(&["fmt", "--all", "--check"]))?;
    let lint = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "--deny",
        "warnings",
    ];
    run(&mut copy.cargo(&lint))?;
    run(&mut copy.xtask(&["sqlx", "--check"]))?;
    run(&mut copy.xtask(&["test", "policies", "contract", "k8s"]))?;
    run(&mut copy.cargo(&["test", "--quiet", "--package", SERVICE]))?;
    let matrix = "every_operation_answers_each_kind_of_caller";
    run(&mut copy.cargo(&[
        "test",
        "--quiet",
        "--workspace",
        "--test",
        "shop",
        "--",
        matrix,
    ]))?;
    as_processes(&copy)?;

    copy.git(&["checkout", "--quiet", "."])?;
    copy.git(&[
        "clean", "--quiet", "-d", "--force", "services", ".sqlx", "k8s", "openapi",
    ])?;
    ensure!(copy.changes()?.is_empty(), "undone is {}", copy.changes()?);
    ensure!(took <= TARGET, "the first answer took {} s", took.as_secs());
    Ok(())
}

/// Calls it where every service is a process of its own.
fn as_processes(copy: &Copy) -> anyhow::Result<()> {
    let data = copy.folder.join("data");
    let mut up = copy.xtask(&["up", "--store", "sqlite", "--free-ports"]);
    up.arg("--data").arg(data).stdout(Stdio::piped());
    let mut up = Running(up.spawn()?);
    let said = up.0.stdout.take().context("its output is piped")?;
    for line in BufReader::new(said).lines() {
        let line = line?;
        let address = line.trim().strip_prefix("API ");
        let Some((_, port)) = address.and_then(|it| it.rsplit_once(':')) else {
            continue;
        };
        let answer = http::get(port.parse()?, LIST)?;
        ensure!(answer.contains("\"items\":[]"), "{answer}");
        return Ok(());
    }
    anyhow::bail!("the shop with a process a service ended")
}

/// Fails unless this command fails in a sentence with these words, and changes nothing.
fn refuses(copy: &Copy, arguments: &[&str], words: &str) -> anyhow::Result<()> {
    let before = copy.changes()?;
    let refused = copy.xtask(arguments).output()?;
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    ensure!(
        !refused.status.success() && told.contains(words),
        "{arguments:?}: {told}"
    );
    ensure!(copy.changes()? == before, "{arguments:?} wrote something");
    Ok(())
}

/// A shop that is told to close when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// A work tree of this revision, taken away when this is dropped.
struct Copy {
    folder: PathBuf,
}

impl Copy {
    fn of_this_revision() -> anyhow::Result<Self> {
        let folder = root().join("target/new");
        let copy = Self { folder };
        copy.take_away();
        let path = copy.folder.to_string_lossy().into_owned();
        let add = ["worktree", "add", "--quiet", "--detach", &path, "HEAD"];
        run(&mut command("git", &add))?;
        // What others wrote is built there already, and tools are there.
        symlink(root().join("target"), copy.folder.join("target"))?;
        // Made by npm and the same for both.
        let packages = root().join("web/node_modules");
        if packages.exists() {
            symlink(packages, copy.folder.join("web/node_modules"))?;
        }
        Ok(copy)
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        self.command("cargo", arguments)
    }

    fn xtask(&self, arguments: &[&str]) -> Command {
        let xtask = ["run", "--quiet", "--package", "xtask", "--"];
        self.cargo(&[&xtask[..], arguments].concat())
    }

    fn git(&self, arguments: &[&str]) -> anyhow::Result<()> {
        run(&mut self.command("git", arguments))
    }

    fn commit(&self) -> anyhow::Result<()> {
        self.git(&["add", "--all", "."])?;
        let who = [
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@terrace.example",
        ];
        let commit = ["commit", "--quiet", "--no-verify", "--message", "A service"];
        self.git(&[&who[..], &commit].concat())
    }

    /// What is not committed.
    fn changes(&self) -> anyhow::Result<String> {
        output(&mut self.command("git", &["status", "--porcelain"]))
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = command(program, arguments);
        command
            .current_dir(&self.folder)
            .env_remove("CARGO_MANIFEST_DIR")
            .stdin(Stdio::null());
        command
    }

    fn take_away(&self) {
        let path = self.folder.to_string_lossy().into_owned();
        let _ = command("git", &["worktree", "remove", "--force", &path]).output();
        let _ = command("git", &["worktree", "prune"]).output();
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.take_away();
    }
}
