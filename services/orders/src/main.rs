//! Orders alone.

use std::{process::ExitCode, sync::Arc};

use kit::{
    events::{Consumer, Publisher},
    program::Program,
    redis::Redis,
    serve,
};
use orders::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let about = env!("CARGO_PKG_DESCRIPTION");
    let program = Program::new("orders", about, |config: &Config| config.admin_listen);
    let serve = async |config: Config| {
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
        let service = serve::Alone {
            ready: vec![state.ready()],
            app: orders::app(state),
            metrics,
            background,
        };
        service
            .serve(config.listen, config.admin_listen, stop)
            .await
    };
    program.run(serve).await
}
