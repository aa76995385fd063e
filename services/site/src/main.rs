//! The site alone.

use std::process::ExitCode;

use kit::program::{Program, Service, say};
use site::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::new(env!("CARGO_PKG_DESCRIPTION")).command(
        "listing",
        "Prints what a bucket behind CloudFront has to know of the build, as JSON",
        |config: &Config| {
            let listing = site::cloudfront::listing(config)?;
            say(serde_json::to_string(&listing)?);
            Ok(())
        },
    );
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
