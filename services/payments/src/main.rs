//! Payments alone.

use std::process::ExitCode;

use kit::serve;
use payments::Config;

#[tokio::main]
async fn main() -> ExitCode {
    serve::alone("payments", async {
        let config: Config = kit::config::load("PAYMENTS__", None)?;
        let metrics = kit::telemetry::init(&config.log_level, config.log_format)?;
        let _spans = kit::trace::export("payments", &config.otlp, 1.0);
        let state = payments::connect(&config).await?;
        let (ready, background) = (vec![state.ready()], Vec::new());
        let service = serve::Alone {
            app: payments::app(state),
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
