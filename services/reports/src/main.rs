//! Reports alone.

use std::{process::ExitCode, sync::Arc};

use kit::{
    events::{self, NoChannel, Source},
    program::{Program, Service, print_dead_events, replay_dead_events},
};
use reports::{
    Config,
    inbox::{GROUP, ORDERS, USERS},
};

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::new(env!("CARGO_PKG_DESCRIPTION"))
        .command(
            "dead-events",
            "Prints the events that were set aside, one JSON object a line",
            |config: &Config| {
                print_dead_events(source(config, ORDERS))?;
                print_dead_events(source(config, USERS))
            },
        )
        .command(
            "replay-dead-events",
            "Puts the events that were set aside back into their streams",
            |config| {
                replay_dead_events(source(config, ORDERS))?;
                replay_dead_events(source(config, USERS))
            },
        );
    let open = async |config: Config, stop| {
        let state = reports::connect(&config).await?;
        Ok(Service {
            ready: vec![state.ready()],
            consumers: vec![state.counter(), state.departures()],
            records: state.records(),
            passes: state.passes(),
            background: {
                let state = state.clone();
                Box::new(move || vec![state.spawn_background(stop)])
            },
            ..Service::new(reports::app(state))
        })
    };
    program.run(open).await
}

/// The stream of this service's events.
async fn source(config: &Config, of: &str) -> Result<Option<Arc<dyn Source>>, NoChannel> {
    events::source(config.redis.as_ref(), None, of, GROUP).await
}
