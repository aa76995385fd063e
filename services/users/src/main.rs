//! Users alone.

use std::process::ExitCode;

use kit::{program::Program, serve};
use users::{Config, demo::DemoAccounts, staff::make_staff};

#[tokio::main]
async fn main() -> ExitCode {
    let about = env!("CARGO_PKG_DESCRIPTION");
    let program = Program::new("users", about, |config: &Config| config.admin_listen)
        .command(
            "demo-accounts",
            "Prints the accounts to try the shop with, as JSON",
            |config| config.print_demo_accounts(),
        )
        .command(
            "make-staff",
            "Makes the account whose e-mail address comes on standard input one of the staff",
            make_staff,
        );
    let serve = async |config: Config| {
        let metrics = kit::telemetry::init(&config.log_level, config.log_format)?;
        let _spans = kit::trace::export("users", &config.otlp, 1.0);
        let state = users::connect(&config).await?;
        if let Some(file) = &config.demo_accounts {
            state
                .ensure_demo_accounts(&DemoAccounts::read(file)?)
                .await?;
        }
        let stop = serve::stop_on_signal();
        let background = vec![state.spawn_background(stop.clone())];
        let service = serve::Alone {
            ready: vec![state.ready()],
            app: users::app(state),
            metrics,
            background,
        };
        service
            .serve(config.listen, config.admin_listen, stop)
            .await
    };
    program.run(serve).await
}
