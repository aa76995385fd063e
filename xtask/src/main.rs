//! The project's own commands: `cargo xtask <command>`.

mod adopt;
mod api;
mod aws;
mod bench;
mod cluster;
mod cognito;
mod compose;
mod doctor;
mod drill;
mod fork;
mod functions;
mod http;
mod knock;
mod mail;
mod needs;
mod new;
mod objects;
mod private;
mod run;
mod sdk;
mod services;
mod shop;
mod sqlx;
mod stage;
mod stores;
mod test;
mod tour;
mod trust;
mod up;

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
        /// Parts, as the summary names them. Without names all but those that take long or need what few machines have; a name that is no part prints every part.
        parts: Vec<String>,
    },
    /// Measures what the shop costs.
    Bench(bench::Bench),
    /// Writes what the code says of itself: the documents in `openapi/`, the READMEs' settings, and from the
    /// documents what API Gateway is given, in `aws/`.
    Openapi {
        /// Compare instead, and fail when one differs.
        #[arg(long)]
        check: bool,
        /// Only what API Gateway is given, from the documents as they are.
        #[arg(long)]
        aws: bool,
    },
    /// Compares the API with what was promised, releases it.
    #[command(subcommand)]
    Api(api::Api),
    /// Makes clients of the API in other languages, in `target/sdk/` (docs/sdks.md).
    Sdk {
        /// `typescript`, `python`, `rust`, `go`, `java`, `kotlin`, `swift`; all when none is named.
        languages: Vec<String>,
    },
    /// Writes what sqlx's macros know of the databases, to `.sqlx/`.
    Sqlx {
        /// Compare instead, and fail when it differs.
        #[arg(long)]
        check: bool,
    },
    /// Fills the shop with customers and orders; `-- --help` tells how many.
    Seed {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Says who may call what, and why; `-- --help` tells how.
    Policy {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Makes the next service, or one more operation (docs/fork.md).
    #[command(subcommand)]
    New(new::New),
    /// Takes parts of a running shop away while shoppers buy, and checks that it kept its word.
    #[command(subcommand)]
    Drill(drill::Drill),
    /// Deploys the shop on AWS, or at a local server that is like it (docs/aws.md).
    #[command(subcommand)]
    Aws(aws::commands::Aws),
    /// Which stage of its settings the edge serves (docs/stages.md).
    #[command(subcommand)]
    Stage(stage::Stage),
    /// Gives the project a name of your own, and takes parts out that you do not want (docs/fork.md).
    Adopt(adopt::Adopt),
    /// Opens the shop as one process a service, on a PostgreSQL and a Redis that it starts.
    Up(Box<up::Up>),
    /// Tells how to trust the certificate authority that `cargo run -- --tls` has made.
    Trust {
        /// The shop's data directory.
        #[arg(long, value_name = "FOLDER", default_value = "data")]
        data: std::path::PathBuf,
    },
    /// Says what this machine lacks, and what to do.
    Doctor,
    /// Deletes the data directory: the next start is a first start.
    Reset,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Test { parts } => test::test(&parts),
        Command::Bench(wanted) => bench::bench(&wanted),
        Command::Openapi { check, aws: true } => aws::write(check),
        Command::Openapi { check, aws: false } => openapi(check),
        Command::Api(command) => command.run(),
        Command::Sdk { languages } => sdk::sdk(&languages),
        Command::Sqlx { check } => sqlx::sqlx(check),
        Command::Seed { arguments } => example("terrace", "seed", &arguments),
        Command::Policy { arguments } => policy(&arguments),
        Command::New(new) => new.run(),
        Command::Drill(drill) => drill.run(),
        Command::Aws(command) => command.run(),
        Command::Stage(stage) => stage.run(),
        Command::Adopt(adopt) => adopt.run(),
        Command::Up(options) => up::up(&options),
        Command::Trust { data } => trust::trust(&data),
        Command::Doctor => doctor::doctor(),
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
    let arguments: &[String] = if check { &["--check".to_owned()] } else { &[] };
    example("terrace", "generate", arguments)?;
    aws::write(check)?;
    Ok(())
}

pub(crate) fn policy(arguments: &[String]) -> anyhow::Result<()> {
    example("edge", "policy", arguments)
}

/// Runs one of a package's examples.
fn example(package: &str, name: &str, arguments: &[String]) -> anyhow::Result<()> {
    let mut command = cargo(&["run", "--quiet", "--package", package, "--example", name]);
    run(command.arg("--").args(arguments))
}

fn reset() -> anyhow::Result<()> {
    let data = root().join("data");
    for server in ["postgres", "redis"] {
        // As root it may be there.
        let _ = std::fs::remove_dir_all(up::elsewhere(&data.join("up").join(server)));
    }
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
