//! The project's own commands: `cargo xtask <command>`.

mod bench;
mod http;
mod needs;
mod run;
mod shop;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::run::{cargo, root, run};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks and tests everything; what CI runs. With names, just those parts.
    Test {
        /// Parts, as the summary names them; all when none is given.
        parts: Vec<String>,
    },
    /// Measures what the shop costs.
    Bench(bench::Bench),
    /// Writes what the code says of itself: the documents in `openapi/`, the READMEs' settings.
    Openapi {
        /// Compare instead, and fail when one differs.
        #[arg(long)]
        check: bool,
    },
    /// Deletes the data directory: the next start is a first start.
    Reset,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Test { parts } => test::test(&parts),
        Command::Bench(wanted) => bench::bench(&wanted),
        Command::Openapi { check } => openapi(check),
        Command::Reset => reset(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("xtask: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

pub(crate) fn openapi(check: bool) -> anyhow::Result<()> {
    let mut command = cargo(&[
        "run",
        "--quiet",
        "--package",
        "terrace",
        "--example",
        "generate",
    ]);
    if check {
        command.args(["--", "--check"]);
    }
    run(&mut command)
}

fn reset() -> anyhow::Result<()> {
    let data = root().join("data");
    match std::fs::remove_dir_all(&data) {
        Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => Err(fault.into()),
        _ => {
            println!(
                "{} is empty: the next start is a first start.",
                data.display()
            );
            Ok(())
        }
    }
}
