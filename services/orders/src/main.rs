//! Orders alone.

use std::{process::ExitCode, sync::Arc};

use kit::{
    events::{Consumer, Publisher},
    redis::Redis,
    serve,
};
use orders::Config;

#[tokio::main]
async fn main() -> ExitCode {
    serve::alone("orders", async {
        let config: Config = kit::config::load("ORDERS__", None)?;
        let metrics = kit::telemetry::init(&config.log_level, config.log_format)?;
        let _spans = kit::trace::export("orders", &config.otlp, 1.0);
        let catalog = config.catalog.neighbour("catalog")?;
        let payments = config.payments.neighbour("payments")?;
        let users = config.users.neighbour("users")?;
        let state = orders::connect(&config, catalog, payments, users).await?;
        let stop = serve::stop_on_signal();
        let publisher =
            |url| Arc::new(Publisher::new(Redis::new(url), "orders")) as Arc<dyn Consumer>;
        let consumers = config.redis.iter().map(publisher).collect();
        let background = vec![state.spawn_background(stop.clone(), consumers)];
        let ready = vec![state.ready()];
        let service = serve::Alone {
            app: orders::app(state),
            ready,
            metrics,
            background,
        };
        service
            .serve(config.listen, config.admin_listen, stop)
            .await
    })
    .await
}
