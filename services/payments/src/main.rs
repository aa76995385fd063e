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
            app: payments::app(state),
            client_connections: 0,
            background: Vec::new(),
        })
    };
    program.run(open).await
}
