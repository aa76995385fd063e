//! The edge alone: forwards over HTTP to the services of its settings.

use std::{path::Path, process::ExitCode};

use anyhow::Context;
use edge::{Config, Gateway, Service};
use kit::{client::Upstream, identity::Minter, serve, telemetry, trace};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("edge: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let config: Config = kit::config::load("EDGE__", None)?;
    let metrics = telemetry::init(&config.log_level, config.log_format)?;
    let _spans = trace::export("edge", &config.otlp, config.otlp_ratio);
    let gateway = Gateway::new(config.clone(), services(&config)?)?;

    let listener = TcpListener::bind(config.listen)
        .await
        .context(config.listen)?;
    let admin = TcpListener::bind(config.admin_listen)
        .await
        .context(config.admin_listen)?;
    let stop = CancellationToken::new();
    gateway.spawn_background(stop.clone());
    let admin_app = serve::admin(Vec::new(), metrics, stop.clone());
    tokio::spawn(serve::serve(
        admin,
        admin_app,
        serve::Limits::default(),
        CancellationToken::new(),
    ));
    let serving = serve::serve(
        listener,
        edge::app(gateway),
        serve::Limits::default(),
        stop.clone(),
    );
    let serving = tokio::spawn(serving);
    serve::stop_signal().await;
    stop.cancel();
    Ok(serving.await?)
}

fn services(config: &Config) -> anyhow::Result<Vec<Service>> {
    let service = |(name, upstream): (&String, &edge::UpstreamConfig)| {
        let file = Path::new(&config.documents).join(format!("{name}.json"));
        let document = std::fs::read(&file).with_context(|| format!("{}", file.display()))?;
        Ok(Service {
            name: name.clone(),
            document: serde_json::from_slice(&document).context("not JSON")?,
            upstream: Upstream::http(upstream.url.parse().context("upstreams: not a URL")?),
            minter: Minter::new(name, &upstream.invoke_key)?,
        })
    };
    config.upstreams.iter().map(service).collect()
}
