//! Users alone.

use std::process::ExitCode;

use kit::serve;
use users::Config;

#[tokio::main]
async fn main() -> ExitCode {
    serve::alone("users", async {
        let config: Config = kit::config::load("USERS__", None)?;
        let metrics = kit::telemetry::init(&config.log_level, config.log_format)?;
        let _spans = kit::trace::export("users", &config.otlp, 1.0);
        let state = users::connect(&config).await?;
        let stop = serve::stop_on_signal();
        let background = vec![state.spawn_background(stop.clone())];
        let ready = vec![state.ready()];
        let service = serve::Alone {
            app: users::app(state),
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
