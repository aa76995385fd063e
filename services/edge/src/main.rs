//! The edge alone: forwards over HTTP to the services of its settings.

use std::process::ExitCode;

use edge::{Config, Gateway};
use kit::program::{Program, Service};

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::new(env!("CARGO_PKG_DESCRIPTION"));
    let open = async |config: Config, stop| {
        let services = config.services()?;
        let client_connections = config.client_connections;
        let gateway = Gateway::new(config, services)?;
        Ok(Service {
            ready: vec![gateway.ready()],
            background: vec![gateway.spawn_background(stop)],
            app: edge::app(&gateway),
            client_connections,
        })
    };
    program.run(open).await
}
