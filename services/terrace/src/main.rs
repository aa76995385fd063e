//! `cargo run`: the whole shop.

use std::{
    env,
    io::{self, IsTerminal},
    process::{self, ExitCode},
    time::Duration,
};

use clap::{CommandFactory, FromArgMatches};
use kit::program::say;
use terrace::{
    certificates::Certificates,
    config::{self, Arguments, Command, Config},
    run, screen, secrets, shop,
    storefront::{self, Storefront},
    welcome,
};

fn main() -> ExitCode {
    let matches = Arguments::command()
        .after_long_help(kit::config::help::<Config>(config::PREFIX))
        .get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|fault| fault.exit());
    let is_start = arguments.command.is_none();
    match begin(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("terrace: {fault:#}");
            if is_start {
                look_around();
            }
            ExitCode::FAILURE
        }
    }
}

/// Shows whoever typed `cargo run` what this machine lacks; that may be why the shop does not start.
fn look_around() {
    // Cargo tells what it runs where it is itself.
    let cargo = env::var_os("CARGO").filter(|_| io::stderr().is_terminal());
    if let Some(cargo) = cargo {
        eprintln!("\ncargo xtask doctor:");
        // It says itself what fails.
        let _ = process::Command::new(cargo)
            .args(["xtask", "doctor"])
            .status();
    }
}

fn begin(arguments: Arguments) -> anyhow::Result<()> {
    let config = Config::load(&arguments)?;
    let runtime = tokio::runtime::Runtime::new()?;
    match arguments.command.clone() {
        None => {
            let again = move || Ok(Config::load(&arguments)?);
            runtime.block_on(run::run(config, again))
        }
        Some(Command::Secrets { into }) => Ok(secrets::make(&into)?),
        Some(Command::Certificates { into, life_s, once }) => {
            let certificates = Certificates::open(&into, Duration::from_secs(life_s))?;
            certificates.issue()?;
            if !once {
                runtime.block_on(certificates.renew());
            }
            Ok(())
        }
        Some(Command::Welcome {
            wait_for,
            accounts,
            letters,
        }) => {
            runtime.block_on(welcome::wait_for(&wait_for))?;
            let mut rows = vec![("Accounts", accounts)];
            rows.extend(letters.map(|folder| ("Letters", format!("{folder}: files, not sent"))));
            say(screen::open(&config, &Storefront::Built, &rows));
            Ok(())
        }
        Some(Command::People(people)) => runtime.block_on(shop::people(&config, people)),
        Some(Command::Storefront) => match storefront::build(&config) {
            Storefront::Built => Ok(()),
            Storefront::Missing(reason) => anyhow::bail!("no pages: {reason}"),
        },
    }
}
