//! The program of a service that runs alone: its command line, its settings, its exit code.
//!
//! Without a command it serves. `health` asks the one that serves whether it is ready, because
//! an image without a shell has nothing else to ask with. `--help` tells every setting.

use std::{error::Error, net::SocketAddr, process::ExitCode, time::Duration};

use axum::body::Body;
use clap::Command;
use http::Request;
use http_body_util::BodyExt;
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use crate::{client::Upstream, config, deadline::Deadline};

/// How long [`HEALTH`] waits.
const PATIENCE: Duration = Duration::from_secs(2);

/// The command that every service has.
const HEALTH: &str = "health";

/// What a command does with the settings.
type Act<T> = fn(&T) -> Result<(), Box<dyn Error>>;

/// A service's program, with settings of the type `T`.
pub struct Program<T> {
    command_line: Command,
    prefix: String,
    admin_listen: fn(&T) -> SocketAddr,
    commands: Vec<(&'static str, Act<T>)>,
}

impl<T: Default + Serialize + DeserializeOwned + ToSchema> Program<T> {
    /// The program of the service `name`; `ORDERS__` begins the variables of `orders`.
    pub fn new(
        name: &'static str,
        about: &'static str,
        admin_listen: fn(&T) -> SocketAddr,
    ) -> Self {
        let prefix = format!("{}__", name.to_uppercase());
        let health = Command::new(HEALTH)
            .about("Asks the running service whether it is ready; exits with 0 when it is, else 1");
        Self {
            command_line: Command::new(name)
                .about(about)
                .after_help(config::help::<T>(&prefix))
                .subcommand(health),
            prefix,
            admin_listen,
            commands: Vec::new(),
        }
    }

    /// Adds a command that reads the settings and does not serve.
    pub fn command(mut self, name: &'static str, about: &'static str, act: Act<T>) -> Self {
        self.command_line = self
            .command_line
            .subcommand(Command::new(name).about(about));
        self.commands.push((name, act));
        self
    }

    /// Does what the command line says, `serve` unless it names a command. A fault is one
    /// sentence on standard error and exit code 1; wrong usage is exit code 2.
    pub async fn run(self, serve: impl AsyncFnOnce(T) -> Result<(), Box<dyn Error>>) -> ExitCode {
        let name = self.command_line.get_name().to_owned();
        let chosen = self.command_line.clone().get_matches();
        let work = async {
            let settings: T = config::load(&self.prefix, None)?;
            match chosen.subcommand_name() {
                None => serve(settings).await,
                Some(HEALTH) => health((self.admin_listen)(&settings)).await,
                Some(own) => self
                    .commands
                    .iter()
                    .find(|(name, _)| *name == own)
                    .map_or(Ok(()), |(_, act)| act(&settings)),
            }
        };
        match work.await {
            Ok(()) => ExitCode::SUCCESS,
            Err(fault) => {
                eprintln!("{name}: {fault}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Fails with what the service says, unless it says that it is ready.
async fn health(mut admin: SocketAddr) -> Result<(), Box<dyn Error>> {
    if admin.ip().is_unspecified() {
        admin.set_ip([127, 0, 0, 1].into());
    }
    let request = Request::get("/readyz").extension(Deadline::within(PATIENCE));
    let service = Upstream::http(format!("http://{admin}").parse()?);
    let (head, body) = service
        .send(request.body(Body::empty())?)
        .await?
        .into_parts();
    let said = tokio::time::timeout(PATIENCE, body.collect())
        .await??
        .to_bytes();
    if head.status.is_success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&said).trim_end().into())
}
