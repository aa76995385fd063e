//! The edge alone: forwards over HTTP to the services of its settings.

use std::process::ExitCode;

use edge::{Config, Gateway};
use kit::{program::Program, serve};

#[tokio::main]
async fn main() -> ExitCode {
    let about = env!("CARGO_PKG_DESCRIPTION");
    let program = Program::new("edge", about, |config: &Config| config.admin_listen);
    let serve = async |config: Config| {
        let metrics = kit::telemetry::init(&config.log_level, config.log_format)?;
        let _spans = kit::trace::export("edge", &config.otlp, config.otlp_ratio);
        let gateway = Gateway::new(config.clone(), config.services()?)?;
        let stop = serve::stop_on_signal();
        let background = vec![gateway.spawn_background(stop.clone())];
        let service = serve::Alone {
            app: edge::app(gateway),
            // It is ready when it serves: a service that is gone takes its own operations along,
            // and an edge that stepped down for it would take all the others too.
            ready: Vec::new(),
            metrics,
            background,
        };
        service
            .serve(config.listen, config.admin_listen, stop)
            .await
    };
    program.run(serve).await
}
