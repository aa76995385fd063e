//! Notices alone.

use std::process::ExitCode;

use kit::program::{Program, Service};
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
        );
    let open = async |config: Config, stop| {
        let state = notices::connect(&config).await?;
        Ok(Service {
            ready: vec![state.ready()],
            background: vec![state.spawn_background(stop)],
            ..Service::new(notices::app(state))
        })
    };
    program.run(open).await
}
