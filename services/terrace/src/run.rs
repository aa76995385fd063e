//! The whole shop as a process: ports, health, the screen, and a calm end.

use anyhow::Context;
use kit::{
    program::say,
    reload::Reload,
    serve::{self, Limits},
    tls::Tls,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{config::Config, data::Data, local_ca::LocalCa, mail, screen, shop, storefront};

/// Opens the shop on its three ports, and returns when it is closed. `again` reads
/// the settings as they are later.
pub async fn run(
    config: Config,
    again: impl Fn() -> anyhow::Result<Config> + Send + 'static,
) -> anyhow::Result<()> {
    let metrics = kit::telemetry::init(&config.log.level, config.log.format)?;
    let _spans = kit::trace::export("terrace", &config.otlp, config.otlp_ratio);
    let data = Data::open(&config.data)?;
    let tls = secure(&config, &data)?;
    let [api_listener, site, admin] = [
        bind(config.edge.port, "API", "--edge-port").await?,
        bind(config.site.port, "web pages", "--site-port").await?,
        bind(config.admin.port, "health and metrics", "--admin-port").await?,
    ];
    let building = config.clone();
    let storefront = tokio::task::spawn_blocking(move || storefront::build(&building)).await?;

    let stop = serve::stop_on_signal();
    let closed = CancellationToken::new();
    let shop = shop::open(&config, &data, &stop).await?;
    let (api, operations, edge) = (shop.edge.app(), shop.edge.admin(), shop.edge);
    let files = edge.files(&config);
    let take = move || {
        let config = again().map_err(|fault| format!("{fault:#}"))?;
        edge.read_again(&config)?;
        Ok(edge.files(&config))
    };
    let reload = Reload::new(files, Box::new(take));
    let notes = vec![reload.refusal().note()];
    tokio::spawn(stop.clone().run_until_cancelled_owned(reload.follow()));
    let health = serve::admin(shop.ready, notes, metrics, stop.clone()).merge(operations);
    let limits = Limits {
        connections: serve::ADMIN_CONNECTIONS,
        ..Limits::default()
    };
    let health = tokio::spawn(serve::serve(admin, health, limits, closed.clone()));
    let accounts = data.path("demo-accounts.json");
    let rows = [
        ("Accounts", accounts.display().to_string()),
        ("Letters", mail::MailConfig::whither(&config.mail, &data)),
    ];
    say(screen::open(&config, &storefront, &rows));
    let limits = Limits {
        client_connections: serve::CLIENT_CONNECTIONS,
        head: serve::MAX_HEAD,
        ..Limits::default()
    };
    tokio::join!(
        serve::serve_over(api_listener, tls.clone(), api, limits, stop.clone()),
        serve::serve_over(site, tls, shop.site, limits, stop.clone()),
    );
    for task in shop.background {
        task.await?;
    }
    closed.cancel();
    health.await?;
    say("  Terrace is closed.");
    Ok(())
}

/// With a certificate of this machine's own where that is wanted. Browsers are not told to come by TLS
/// alone: they would from then on, to every program on `localhost`.
fn secure(config: &Config, data: &Data) -> anyhow::Result<Option<Tls>> {
    if config.tls == edge::Switch::Off {
        return Ok(None);
    }
    let authority = LocalCa::open(data)?;
    let certificate = authority.certificate()?;
    tokio::spawn(authority.renew(certificate.clone()));
    Ok(Some(Tls::new(certificate)))
}

async fn bind(port: u16, what: &str, flag: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(shop::local(port)).await;
    listener.with_context(|| {
        let other = format!("choose another: {flag}, or ask `cargo xtask doctor`");
        format!("port {port} ({what}) cannot be had; {other}")
    })
}
