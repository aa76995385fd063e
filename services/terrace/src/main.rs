//! `cargo run`: the whole shop.

use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches};
use kit::serve::{self, Limits};
use terrace::{
    config::{self, Arguments, Config},
    data::Data,
    screen, shop, storefront,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let matches = Arguments::command()
        .after_long_help(config::help())
        .get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|fault| fault.exit());
    let result = Config::load(arguments)
        .map_err(anyhow::Error::from)
        .and_then(|config| tokio::runtime::Runtime::new()?.block_on(run(config)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("terrace: {fault:#}");
            ExitCode::FAILURE
        }
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
    println!(
        "{}",
        screen::open(&config, &storefront, &data.path("demo-accounts.json"))
    );
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
