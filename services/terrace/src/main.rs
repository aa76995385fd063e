//! `cargo run`: the whole shop.

use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches};
use kit::serve::{self, Limits};
use terrace::{
    config::{self, Arguments, Command, Config},
    data::Data,
    screen, secrets, shop,
    storefront::{self, Storefront},
    welcome,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let matches = Arguments::command()
        .after_long_help(kit::config::help::<Config>(config::PREFIX))
        .get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|fault| fault.exit());
    match begin(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("terrace: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

fn begin(arguments: Arguments) -> anyhow::Result<()> {
    let config = Config::load(&arguments)?;
    let runtime = tokio::runtime::Runtime::new()?;
    match arguments.command {
        None => runtime.block_on(run(config)),
        Some(Command::Secrets { into }) => Ok(secrets::make(&into)?),
        Some(Command::Welcome { wait_for, accounts }) => {
            runtime.block_on(welcome::wait_for(&wait_for))?;
            println!("{}", screen::open(&config, &Storefront::Built, accounts));
            Ok(())
        }
        Some(Command::Storefront) => match storefront::build(&config) {
            Storefront::Built => Ok(()),
            Storefront::Missing(reason) => anyhow::bail!("no pages: {reason}"),
        },
    }
}

async fn run(config: Config) -> anyhow::Result<()> {
    let metrics = kit::telemetry::init(&config.log.level, config.log.format)?;
    let _spans = kit::trace::export("terrace", &config.otlp, config.otlp_ratio);
    let data = Data::open(&config.data)?;
    let [edge, site, admin] = [
        bind(config.edge.port, "API", "--edge-port").await?,
        bind(config.site.port, "web pages", "--site-port").await?,
        bind(config.admin.port, "health and metrics", "--admin-port").await?,
    ];
    let building = config.clone();
    let storefront = tokio::task::spawn_blocking(move || storefront::build(&building)).await?;

    let stop = serve::stop_on_signal();
    let closed = CancellationToken::new();
    let shop = shop::open(&config, &data, &stop).await?;
    let health = serve::admin(shop.ready, metrics, stop.clone());
    let health = tokio::spawn(serve::serve(
        admin,
        health,
        Limits::default(),
        closed.clone(),
    ));
    let accounts = data.path("demo-accounts.json");
    println!("{}", screen::open(&config, &storefront, accounts.display()));
    tokio::join!(
        serve::serve(edge, shop.edge, Limits::default(), stop.clone()),
        serve::serve(site, shop.site, Limits::default(), stop.clone()),
    );
    for task in shop.background {
        task.await?;
    }
    closed.cancel();
    health.await?;
    println!("  Terrace is closed.");
    Ok(())
}

async fn bind(port: u16, what: &str, flag: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(shop::local(port)).await;
    listener.with_context(|| format!("port {port} ({what}) cannot be had; choose another: {flag}"))
}
