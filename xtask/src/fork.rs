//! `cargo xtask test fork`: walks the path of docs/fork.md in a clone, line by line as it stands there: a name, a service, an
//! operation, the shop opened and called, also by clients, and deployed.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, bail, ensure};

use crate::{
    adopt::{NAME, renamed},
    http,
    new::lane::{call_python, call_typescript},
    run::{command, root, run},
    shop::Shop,
};

const PAGE: &str = "docs/fork.md";

/// What the page says of where the shop is.
const API: &str = "http://localhost:8080";

pub(crate) fn test() -> anyhow::Result<()> {
    let page = fs::read_to_string(root().join(PAGE))?;
    // A fork of this name gets another.
    let is_taken = page.contains(&format!("adopt --name {NAME}\n"));
    let page = if is_taken {
        renamed(&page, "nova")
    } else {
        page
    };
    let name = page.split("adopt --name ").nth(1).unwrap_or_default();
    let name = name.split_whitespace().next();
    let fork = Clone::of_this_revision(name.context("the path gives the fork a name")?)?;
    let mut shop = None;
    for (language, text) in blocks(&page) {
        if language == "sh" {
            for line in text.lines() {
                fork.walk(line, &mut shop)?;
            }
            continue;
        }
        let api = shop.as_ref().map(Shop::api);
        let text = text.replace(API, &api.context("the path opens a shop before")?);
        let client = fork.folder.join("target/sdk").join(language);
        match language {
            "python" => call_python(&client, &text)?,
            "typescript" => call_typescript(&client, &text)?,
            _ => bail!("{PAGE}: the path has a block of {language}"),
        }
    }
    Ok(())
}

/// What is in fences before the first heading below the page's own, with its language.
fn blocks(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let path = page.split("\n## ").next().unwrap_or_default();
    let fences = path.split("```").skip(1).step_by(2);
    fences.filter_map(|fence| fence.split_once('\n'))
}

/// A clone of this revision, taken away when this is dropped.
struct Clone {
    folder: PathBuf,
    program: PathBuf,
}

impl Clone {
    fn of_this_revision(name: &str) -> anyhow::Result<Self> {
        let folder = root().join("target/fork");
        let program = folder.join("target/debug").join(name);
        let clone = Self { folder, program };
        clone.take_away();
        let (from, to) = (root().to_string_lossy(), clone.folder.to_string_lossy());
        run(&mut command("git", &["clone", "--quiet", &from, &to]))?;
        if kept().exists() {
            fs::rename(kept(), clone.folder.join("target"))?;
        }
        Ok(clone)
    }

    /// Runs a line of the page. The shop stays open for the lines behind it.
    fn walk(&self, line: &str, shop: &mut Option<Shop>) -> anyhow::Result<()> {
        let (words, told) = line.split_once(" # ").unwrap_or((line, ""));
        let (started, words) = (Instant::now(), words.trim());
        if words == "cargo run" {
            self.shell("cargo build --quiet")?;
            *shop = Some(Shop::start_in(&self.folder, &self.program)?);
        } else if let Some(url) = words.strip_prefix("curl ") {
            let shop = shop.as_ref().context("no shop is open")?;
            let path = url.strip_prefix(API);
            let answer = http::get(shop.edge_port(), path.context("the API's address")?)?;
            ensure!(answer == told.trim(), "{line}: {answer}");
        } else {
            self.shell(words)?;
        }
        println!("  {words} ({} s)", started.elapsed().as_secs());
        Ok(())
    }

    fn shell(&self, words: &str) -> anyhow::Result<()> {
        let mut shell = Command::new("sh");
        shell.args(["-c", words]).current_dir(&self.folder);
        for who in ["GIT_AUTHOR", "GIT_COMMITTER"] {
            shell.env(format!("{who}_NAME"), "fork");
            shell.env(format!("{who}_EMAIL"), "fork@example.com");
        }
        run(shell.env_remove("CARGO_MANIFEST_DIR").stdin(Stdio::null()))
    }

    /// What is built and installed there stays for the next run.
    fn take_away(&self) {
        let target = self.folder.join("target");
        if target.exists() {
            let _ = fs::remove_dir_all(kept());
            let _ = fs::rename(target, kept());
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Drop for Clone {
    fn drop(&mut self) {
        self.take_away();
    }
}

fn kept() -> PathBuf {
    root().join("target/fork-target")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_what_stands_before_the_first_section() {
        let page = "# A\nSay\n```sh\na # b\n```\nand\n```python\nc\n```\n\n## B\n```sh\nd\n```\n";

        let path: Vec<_> = blocks(page).collect();

        assert_eq!(path, [("sh", "a # b\n"), ("python", "c\n")]);
    }
}
