//! The catalog alone.

use std::process::ExitCode;

use catalog::Config;
use kit::serve;

#[tokio::main]
async fn main() -> ExitCode {
    serve::alone("catalog", async {
        let config: Config = kit::config::load("CATALOG__", None)?;
        let metrics = kit::telemetry::init(&config.log_level, config.log_format)?;
        let _spans = kit::trace::export("catalog", &config.otlp, 1.0);
        let state = catalog::connect(&config).await?;
        let stop = serve::stop_on_signal();
        let background = vec![state.spawn_background(stop.clone())];
        let ready = vec![state.ready()];
        let service = serve::Alone {
            app: catalog::app(state),
            ready,
            metrics,
            background,
        };
        service
            .serve(config.listen, config.admin_listen, stop)
            .await
    })
    .await
}
