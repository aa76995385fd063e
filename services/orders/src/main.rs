//! Orders alone.

use std::{process::ExitCode, sync::Arc};

use client::Neighbour;
use kit::{
    events::{Consumer, Publisher},
    program::{Program, Service},
    redis::Redis,
    serve,
};
use orders::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::new(env!("CARGO_PKG_DESCRIPTION"));
    let open = async |config: Config, stop| {
        let identity = config.identity.as_ref();
        let catalog = config.catalog.neighbour("catalog", identity)?;
        let payments = config.payments.neighbour("payments", identity)?;
        let users = config.users.neighbour("users", identity)?;
        let neighbours = [catalog.clone(), payments.clone(), users.clone()];
        let located = move || {
            let located = neighbours.iter().try_for_each(Neighbour::located);
            std::future::ready(located)
        };
        let state = orders::connect(&config, catalog, payments, users).await?;
        let publisher =
            |url| Arc::new(Publisher::new(Redis::new(url), "orders")) as Arc<dyn Consumer>;
        let consumers = config.redis.iter().map(publisher).collect();
        Ok(Service {
            ready: vec![state.ready(), serve::ready(located)],
            background: vec![state.spawn_background(stop, consumers)],
            ..Service::new(orders::app(state))
        })
    };
    program.run(open).await
}
