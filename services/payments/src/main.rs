//! Payments alone.

use std::process::ExitCode;

use kit::program::{Program, Service};
use payments::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::new(env!("CARGO_PKG_DESCRIPTION"));
    let open = async |config: Config, _| {
        let state = payments::connect(&config).await?;
        Ok(Service {
            ready: vec![state.ready()],
            ..Service::new(payments::app(state))
        })
    };
    program.run(open).await
}
