//! Runs a page's commands as they stand there, and compares what they print.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, bail, ensure};

use crate::{
    run::root,
    shop::{Shop, free_ports},
};

/// Ends the output of one block of commands.
const END: &str = "--- end of block ---";

/// Commands, and the lines that they must print in this order.
struct Block {
    commands: String,
    expected: Vec<String>,
}

/// Runs the page against `shop` instead of the addresses that it names.
pub(crate) fn run(page: &Path, shop: &Shop) -> anyhow::Result<()> {
    let addresses = [
        ("http://localhost:8080", shop.api()),
        ("http://localhost:3000", shop.site()),
        ("http://localhost:9080", shop.admin()),
    ];
    run_with(page, &addresses)
}

/// Runs a page that starts what it needs, with free ports and with programs that are built.
pub(crate) fn run_alone(page: &Path, programs: &Path) -> anyhow::Result<()> {
    let program = |name| programs.join(name).display().to_string();
    let [edge, site, admin, alone, alone_admin] = free_ports()?.map(|port| port.to_string());
    let there = [
        ("cargo run --quiet --package edge --", program("edge")),
        ("cargo run --quiet --", program("terrace")),
        ("8090", edge),
        ("3090", site),
        ("9090", admin),
        ("8091", alone),
        ("9091", alone_admin),
    ];
    run_with(page, &there)
}

/// Runs every `sh` block of the page in one shell, with something else in place of some of its words. A
/// `text` block says what the `sh` block before it prints.
fn run_with(page: &Path, there: &[(&str, String)]) -> anyhow::Result<()> {
    let text = fs::read_to_string(page).with_context(|| page.display().to_string())?;
    let blocks = blocks(&text);
    ensure!(!blocks.is_empty(), "{} has no commands", page.display());
    // Nothing that it starts outlives it.
    let end = "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n";
    let mut script = format!("set -euo pipefail\n{end}");
    for block in &blocks {
        script += &format!("{}\necho; echo '{END}'\n", block.commands);
    }
    for (written, meant) in there {
        script = script.replace(written, meant);
    }

    let mut bash = Command::new("bash");
    let output = bash.args(["-c", &script]).current_dir(root()).output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut parts = printed.split(END);
    for block in &blocks {
        let part = parts.next().unwrap_or_default();
        let mut lines = part.lines();
        for expected in &block.expected {
            if !lines.any(|line| matches(line, expected)) {
                let fault = String::from_utf8_lossy(&output.stderr);
                bail!(
                    "{}:\n{}\nprinted\n{part}{fault}\nbut should have printed\n{expected}",
                    page.display(),
                    block.commands
                );
            }
        }
    }
    ensure!(
        output.status.success(),
        "a command of {} failed",
        page.display()
    );
    println!(
        "{}: {} blocks of commands did what it says",
        page.display(),
        blocks.len()
    );
    Ok(())
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut fences = text.split("```").skip(1).step_by(2);
    while let Some((language, body)) = fences.next().and_then(|fence| fence.split_once('\n')) {
        match (language, blocks.last_mut()) {
            ("sh", _) => blocks.push(Block {
                commands: body.to_owned(),
                expected: Vec::new(),
            }),
            ("text", Some(block)) => block.expected = body.lines().map(str::to_owned).collect(),
            _ => {}
        }
    }
    blocks
}

/// Whether the line is as expected; `…` stands for anything.
fn matches(line: &str, expected: &str) -> bool {
    let mut parts = expected.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
        last = Some(part);
    }
    // An open end takes the rest of the line.
    rest.is_empty() || last == Some("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
        assert!(matches("a 1 b", "a … b"));
        assert!(matches("a 1 b and more", "a … b…"));
        assert!(matches("a", "a"));
        assert!(!matches("a 1 b and more", "a … b"));
        assert!(!matches("b a", "a…"));
        assert!(!matches("a c", "a … b"));
    }

    #[test]
    fn a_page_is_read_as_commands_and_what_they_print() {
        let page =
            "Say\n```sh\necho a\n```\n```text\na\n```\nand\n```sh\ntrue\n```\n```mermaid\nx\n```\n";

        let blocks = blocks(page);

        assert_eq!(blocks.len(), 2);
        assert_eq!(
            (&*blocks[0].commands, &blocks[0].expected[..]),
            ("echo a\n", &["a".to_owned()][..])
        );
        assert!(blocks[1].expected.is_empty());
    }
}
