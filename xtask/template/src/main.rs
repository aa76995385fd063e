//! Nursery alone.

use std::process::ExitCode;

use kit::program::{Program, Service};
use nursery::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::new(env!("CARGO_PKG_DESCRIPTION"));
    let open = async |config: Config, _| {
        let state = nursery::connect(&config).await?;
        Ok(Service {
            ready: vec![state.ready()],
            ..Service::new(nursery::app(state))
        })
    };
    program.run(open).await
}
