//! The site alone.

use std::process::ExitCode;

use kit::{program::Program, serve};
use site::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let about = env!("CARGO_PKG_DESCRIPTION");
    let program = Program::new("site", about, |config: &Config| config.admin_listen);
    let serve = async |config: Config| {
        let metrics = kit::telemetry::init(&config.log_level, config.log_format)?;
        let _spans = kit::trace::export("site", &config.otlp, 1.0);
        let state = site::connect(&config)?;
        let stop = serve::stop_on_signal();
        let background = Vec::new();
        let service = serve::Alone {
            ready: vec![state.ready()],
            app: site::app(state),
            metrics,
            background,
        };
        service
            .serve(config.listen, config.admin_listen, stop)
            .await
    };
    program.run(serve).await
}
