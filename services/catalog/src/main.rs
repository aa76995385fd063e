//! The catalog alone.

use std::process::ExitCode;

use catalog::Config;
use kit::{
    config::Switch,
    program::{Program, Service, print_dead_events, replay_dead_events, say, wait},
};

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
        )
        .command(
            "reindex",
            "Makes the index of OpenSearch anew, while the one that is there answers",
            |config| {
                let count = wait(catalog::reindex(config))?;
                say(format_args!("{count} products are indexed"));
                Ok(())
            },
        );
    let open = async |config: Config, stop| {
        let state = catalog::connect(&config).await?;
        if config.seed == Switch::On {
            state.seed().await?;
        }
        Ok(Service {
            ready: vec![state.ready()],
            passes: state.passes(),
            consumers: vec![state.consumer()],
            notified: Some(state.uploads_taker()),
            background: {
                let state = state.clone();
                Box::new(move || vec![state.spawn_background(stop)])
            },
            ..Service::new(catalog::app(state))
        })
    };
    program.run(open).await
}
