//! The site alone.

use std::process::ExitCode;

use kit::serve;
use site::Config;

#[tokio::main]
async fn main() -> ExitCode {
    serve::alone("site", async {
        let config: Config = kit::config::load("SITE__", None)?;
        let metrics = kit::telemetry::init(&config.log_level, config.log_format)?;
        let _spans = kit::trace::export("site", &config.otlp, 1.0);
        let state = site::connect(&config)?;
        let (ready, background) = (vec![state.ready()], Vec::new());
        let service = serve::Alone {
            app: site::app(state),
            ready,
            metrics,
            background,
        };
        service
            .serve(config.listen, config.admin_listen, serve::stop_on_signal())
            .await
    })
    .await
}
