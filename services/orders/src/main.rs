//! Orders alone.

use std::process::ExitCode;

use client::Neighbour;
use kit::{
    events,
    program::{Program, Service, print_dead_events, replay_dead_events},
    serve,
};
use orders::Config;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::new(env!("CARGO_PKG_DESCRIPTION"))
        .command(
            "dead-letters",
            "Prints the events that were set aside, one JSON object a line",
            |config: &Config| print_dead_events(config.source()),
        )
        .command(
            "replay-dead-letters",
            "Puts the events that were set aside back to where they came from",
            |config| replay_dead_events(config.source()),
        );
    let open = async |config: Config, stop: CancellationToken| {
        let identity = config.identity.as_ref();
        let catalog = config.catalog.neighbour("catalog", "orders", identity)?;
        let payments = config.payments.neighbour("payments", "orders", identity)?;
        let users = config.users.neighbour("users", "orders", identity)?;
        let neighbours = [catalog.clone(), payments.clone(), users.clone()];
        let located = move || {
            let located = neighbours.iter().try_for_each(Neighbour::located);
            std::future::ready(located)
        };
        let state = orders::connect(&config, catalog, payments, users).await?;
        let (redis, topic) = (config.redis.as_ref(), config.topic.as_ref());
        let publisher = events::publisher(redis, topic, "orders").await?;
        let publishers: Vec<_> = publisher.into_iter().collect();
        let source = config.source().await?;
        let passes = state.passes(&stop, publishers.clone());
        let consumers = vec![state.consumer()];
        let own = state.clone();
        let background = move || {
            let hears = source.map(|source| own.hear(source, stop.clone()));
            let drives = own.spawn_background(stop, publishers);
            hears.into_iter().chain([drives]).collect()
        };
        Ok(Service {
            ready: vec![state.ready(), serve::ready(located)],
            background: Box::new(background),
            passes,
            consumers,
            ..Service::new(orders::app(state))
        })
    };
    program.run(open).await
}
