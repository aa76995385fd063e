//! The edge alone: forwards over HTTP to the services of its settings.

use std::process::ExitCode;

use edge::{Config, Gateway};
use kit::program::{Again, Program, Service};

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::new(env!("CARGO_PKG_DESCRIPTION"));
    let open = async |config: Config, stop| {
        let config = config.staged()?;
        let services = config.services()?;
        let client_connections = config.client_connections;
        let files = edge::files(&config);
        let gateway = Gateway::new(config, services)?;
        let again = gateway.clone();
        Ok(Service {
            ready: vec![gateway.ready()],
            notes: vec![gateway.note()],
            background: {
                let gateway = gateway.clone();
                Box::new(move || vec![gateway.spawn_background(stop)])
            },
            admin: edge::admin(&gateway),
            again: Some(Again {
                files,
                take: Box::new(move |config| again.read_again(config)),
            }),
            client_connections,
            ..Service::new(edge::app(&gateway))
        })
    };
    program.run(open).await
}
