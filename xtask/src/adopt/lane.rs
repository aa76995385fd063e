//! `cargo xtask test adopt`: a clone under another name, with its own tests.

use std::fs;

use anyhow::ensure;

use super::{KEPT, NAME};
use crate::run::{command, output, root, run};

/// Another name, that sorts elsewhere.
const OTHER: &str = "acme";

/// Parts that read names: of code, documents, pages, manifests, templates.
const PARTS: [&str; 9] = [
    "format", "sqlx", "lints", "contract", "k8s", "aws-lint", "policies", "rust", "web",
];

pub(crate) fn test() -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("{NAME}-adopt-{}", std::process::id()));
    let from = root().display().to_string();
    let clone = ["clone", "--quiet", &from, &folder.display().to_string()];
    run(&mut command("git", &clone))?;
    let within = |program: &str, arguments: &[&str]| {
        let mut command = command(program, arguments);
        command.current_dir(&folder);
        // What others wrote is built once for all clones.
        command.env("CARGO_TARGET_DIR", root().join("target/adopt"));
        command
    };
    run(&mut within("cargo", &["xtask", "adopt", "--name", OTHER]))?;
    let old = format!("{NAME}|{}", super::title(NAME));
    // What fuzzers found are bytes.
    let left = ["grep", "-IlwE", &old, "--", ".", ":!fuzz/corpus"];
    let left = output(&mut within("git", &left))?;
    let left: Vec<&str> = left.lines().filter(|file| !KEPT.contains(file)).collect();
    ensure!(left.is_empty(), "the old name is in {left:?}");
    let committed = [
        "-c",
        "user.name=adopt",
        "-c",
        "user.email=adopt@example.com",
        "commit",
    ];
    run(&mut within("git", &["add", "--all"]))?;
    run(within("git", &committed).args(["--quiet", "--message", "Adopted"]))?;
    run(within("cargo", &["xtask", "test"]).args(PARTS))?;
    Ok(fs::remove_dir_all(&folder)?)
}
