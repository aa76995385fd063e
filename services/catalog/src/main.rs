//! The catalog alone.

use std::process::ExitCode;

use catalog::{Config, dead_letters};
use kit::{config::Switch, program::Program, serve};

#[tokio::main]
async fn main() -> ExitCode {
    let about = env!("CARGO_PKG_DESCRIPTION");
    let program = Program::new("catalog", about, |config: &Config| config.admin_listen)
        .command(
            "dead-letters",
            "Prints the events that were set aside, one JSON object a line",
            dead_letters::print,
        )
        .command(
            "replay-dead-letters",
            "Puts the events that were set aside back into the stream",
            dead_letters::replay,
        );
    let serve = async |config: Config| {
        let metrics = kit::telemetry::init(&config.log_level, config.log_format)?;
        let _spans = kit::trace::export("catalog", &config.otlp, 1.0);
        let state = catalog::connect(&config).await?;
        if config.seed == Switch::On {
            state.seed().await?;
        }
        let stop = serve::stop_on_signal();
        let background = vec![state.spawn_background(stop.clone())];
        let service = serve::Alone {
            ready: vec![state.ready()],
            app: catalog::app(state),
            metrics,
            background,
        };
        service
            .serve(config.listen, config.admin_listen, stop)
            .await
    };
    program.run(serve).await
}
