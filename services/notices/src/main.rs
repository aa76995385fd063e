//! Notices alone.

use std::process::ExitCode;

use kit::program::{Program, Service, print_dead_events, replay_dead_events};
use notices::{Config, dead_letters};

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::new(env!("CARGO_PKG_DESCRIPTION"))
        .command(
            "dead-letters",
            "Prints the letters that were given up, one JSON object a line",
            dead_letters::print,
        )
        .command(
            "retry-dead-letters",
            "Has the letters that were given up sent again",
            dead_letters::retry,
        )
        .command(
            "dead-events",
            "Prints the events of users that were set aside, one JSON object a line",
            |config: &Config| print_dead_events(config.source()),
        )
        .command(
            "replay-dead-events",
            "Puts the events that were set aside back to where they came from",
            |config| replay_dead_events(config.source()),
        );
    let open = async |config: Config, stop| {
        let state = notices::connect(&config).await?;
        Ok(Service {
            ready: vec![state.ready()],
            passes: state.passes(),
            consumers: vec![state.consumer()],
            background: {
                let state = state.clone();
                Box::new(move || vec![state.spawn_background(stop)])
            },
            ..Service::new(notices::app(state))
        })
    };
    program.run(open).await
}
