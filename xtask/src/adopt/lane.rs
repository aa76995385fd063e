//! `cargo xtask test adopt`: clones under another name and without parts, each with its own tests, and each opened once.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, ensure};

use super::{KEPT, NAME};
use crate::{
    http,
    run::{command, output, root, run},
    shop::Shop,
};

/// Another name, that sorts elsewhere.
const OTHER: &str = "acme";

/// What a clone is called, and what it does without.
const FORKS: [(&str, &str); 3] = [
    (OTHER, "aws,k8s,reports"),
    ("", "aws,reports"),
    (OTHER, "aws,k8s,reports,payments,notices,orders"),
];

/// Parts that read names, of code, documents, pages, manifests, templates, and parts that open the shop.
const PARTS: [&str; 13] = [
    "format",
    "sqlx",
    "lints",
    "contract",
    "dependencies",
    "k8s",
    "aws-lint",
    "policies",
    "rust",
    "web",
    "tour",
    "clients",
    "blackbox",
];

/// What is refused, and a word of why.
const REFUSED: [(&[&str], &str); 6] = [
    (&["--without", "cart"], "no part"),
    (&["--without", "aws,catalog"], "others cannot be without it"),
    (&["--without", "reports"], "while aws stays"),
    (&["--without", "aws,payments"], "while orders stays"),
    (&["--name", "users"], "a crate users already"),
    (&["--name", "impl", "--without", "aws"], "a word of Rust"),
];

pub(crate) fn test() -> anyhow::Result<()> {
    for (name, without) in FORKS {
        let started = Instant::now();
        let fork = Fork::clone(name)?;
        fork.refuses()?;
        fork.adopt(without)?;
        fork.is_tested(without)?;
        fork.answers()?;
        let what = [("--name", name), ("--without", without)];
        let what = what.iter().filter(|(_, value)| !value.is_empty());
        let what: Vec<String> = what
            .map(|(option, value)| format!("{option} {value}"))
            .collect();
        let took = started.elapsed().as_secs();
        println!("adopt {}: tested, {took} s", what.join(" "));
    }
    Ok(())
}

struct Fork {
    folder: PathBuf,
    name: &'static str,
}

impl Fork {
    fn clone(name: &'static str) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("{NAME}-adopt-{}", std::process::id()));
        let from = root().display().to_string();
        let clone = ["clone", "--quiet", &from, &folder.display().to_string()];
        run(&mut command("git", &clone))?;
        // What others wrote is built once for all clones, and tools are there.
        fs::create_dir_all(target())?;
        symlink(target(), folder.join("target"))?;
        if !target().join("tools").exists() {
            fs::create_dir_all(root().join("target/tools"))?;
            symlink(root().join("target/tools"), target().join("tools"))?;
        }
        Ok(Self { folder, name })
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = command(program, arguments);
        command
            .current_dir(&self.folder)
            .env_remove("CARGO_MANIFEST_DIR");
        command
    }

    /// What cannot be is said in a sentence, and changes nothing.
    fn refuses(&self) -> anyhow::Result<()> {
        for (arguments, why) in REFUSED {
            self.refuses_to(arguments, why)?;
        }
        let stray = self.folder.join("stray");
        fs::write(&stray, "")?;
        self.refuses_to(&["--without", "k8s"], "not committed")?;
        Ok(fs::remove_file(stray)?)
    }

    fn refuses_to(&self, arguments: &[&str], why: &str) -> anyhow::Result<()> {
        let before = self.changes()?;
        let mut adopt = self.command("cargo", &["xtask", "adopt"]);
        let refused = adopt.args(arguments).output()?;
        let told = String::from_utf8_lossy(&refused.stderr);
        ensure!(
            !refused.status.success() && told.contains(why),
            "{arguments:?}: {told}"
        );
        ensure!(self.changes()? == before, "{arguments:?} changed something");
        Ok(())
    }

    fn changes(&self) -> anyhow::Result<String> {
        output(&mut self.command("git", &["status", "--porcelain"]))
    }

    fn adopt(&self, without: &str) -> anyhow::Result<()> {
        let mut adopt = self.command("cargo", &["xtask", "adopt"]);
        if !self.name.is_empty() {
            adopt.args(["--name", self.name]);
        }
        if !without.is_empty() {
            adopt.args(["--without", without]);
        }
        run(&mut adopt)?;
        if !self.name.is_empty() {
            let old = format!("{NAME}|{}", super::title(NAME));
            // What fuzzers found are bytes.
            let left = ["grep", "-IlwE", &old, "--", ".", ":!fuzz/corpus"];
            let left = output(&mut self.command("git", &left))?;
            let left: Vec<&str> = left.lines().filter(|file| !KEPT.contains(file)).collect();
            ensure!(left.is_empty(), "the old name is in {left:?}");
        }
        run(&mut self.command("git", &["add", "--all"]))?;
        let committed = [
            "-c",
            "user.name=adopt",
            "-c",
            "user.email=adopt@example.com",
            "commit",
            "--quiet",
            "--message",
            "Adopted",
        ];
        run(&mut self.command("git", &committed))
    }

    /// The parts of the test command that the fork has.
    fn is_tested(&self, without: &str) -> anyhow::Result<()> {
        let is_left = |part: &&&str| {
            let mut gone = without.split(',').filter(|it| !it.is_empty());
            !gone.any(|it| part.starts_with(it))
        };
        let parts = PARTS.iter().filter(is_left);
        run(self.command("cargo", &["xtask", "test"]).args(parts))
    }

    /// Opens it and asks for products.
    fn answers(&self) -> anyhow::Result<()> {
        let name = if self.name.is_empty() {
            NAME
        } else {
            self.name
        };
        let build = ["build", "--quiet", "--workspace", "--bin", name];
        run(&mut self.command("cargo", &build))?;
        let shop = Shop::start_in(&self.folder, &target().join("debug").join(name))?;
        let products = http::get(shop.edge_port(), "/v1/products").context("products")?;
        ensure!(products.contains("\"items\":["), "{products}");
        Ok(())
    }
}

impl Drop for Fork {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn target() -> PathBuf {
    Path::new(root()).join("target/adopt")
}
