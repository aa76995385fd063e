//! The site alone.

use std::process::ExitCode;

use kit::program::{Program, Service};
use site::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::new(env!("CARGO_PKG_DESCRIPTION"));
    let open = async |config: Config, _| {
        let state = site::connect(&config)?;
        Ok(Service {
            ready: vec![state.ready()],
            client_connections: config.client_connections,
            ..Service::new(site::app(state))
        })
    };
    program.run(open).await
}
