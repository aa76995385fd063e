//! The program of a service that runs alone: its command line, its settings, its telemetry, its two
//! ports, its exit code.
//!
//! Without a command it serves. `health` asks the one that serves whether it is ready, because
//! an image without a shell has nothing else to ask with. `--help` tells every setting.

mod dead_events;
mod health;
mod pass;
mod records;
mod settings;

use std::{
    error::Error, fmt::Display, io::Write, net::SocketAddr, path::PathBuf, process::ExitCode,
    sync::Arc, time::Duration,
};

use axum::Router;
use clap::{Arg, ArgMatches, Command, Subcommand, value_parser};
use futures::FutureExt;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use self::health::health;
pub use self::{
    dead_events::{print_dead_events, replay_dead_events},
    pass::Pass,
    records::Records,
    settings::{ServerConfig, ServiceConfig, Settings},
};
use crate::{
    config,
    events::{Consumer, Take},
    reload::Reload,
    serve::{self, App, Limits, Note, Ready},
    telemetry,
    tls::{Identity, Tls},
    trace,
};

/// The command that every service has.
const HEALTH: &str = "health";

/// The flag that names a file with settings.
const CONFIG: &str = "config";

/// How long after the stop a service has ended, whatever its tasks do.
const STOP_TIMEOUT: Duration = Duration::from_secs(29);

/// The variable by which Lambda tells a function where its events are.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// What came of a command.
type Outcome = Result<(), Box<dyn Error>>;

/// What a command does with the service's own settings, and what follows it on the command line.
type Act<T> = Box<dyn Fn(&T, &ArgMatches) -> Outcome>;

/// The program of a service with settings of the type `T`.
pub struct Program<T> {
    command_line: Command,
    commands: Vec<(&'static str, Act<T>)>,
}

/// What a service's program serves.
pub struct Service<A, T> {
    /// The service.
    pub app: A,
    /// Its dependencies.
    pub ready: Vec<Ready>,
    /// What `/readyz` tells while it is ready.
    pub notes: Vec<Note>,
    /// What its admin port serves beside health and metrics.
    pub admin: Router,
    /// What takes over settings while it serves.
    pub again: Option<Again<T>>,
    /// Begins its tasks; they end at the stop.
    pub background: Background,
    /// What its tasks do, a pass at a time: for a function, which has no tasks.
    pub passes: Vec<Pass>,
    /// Who takes the events of other services, for a function, which gets them from a queue.
    pub consumers: Vec<Arc<dyn Consumer>>,
    /// Who takes the records of a stream, for a function that is called with them.
    pub records: Option<Arc<dyn Records>>,
    /// Who takes what the service's bucket tells, for a function, which gets that from a queue too.
    pub notified: Option<Arc<Take>>,
    /// How many connections one address may have open; 0 for no limit.
    pub client_connections: usize,
}

/// Begins tasks. A function has none: see [`Service::passes`].
pub type Background = Box<dyn FnOnce() -> Vec<JoinHandle<()>> + Send>;

/// What takes over settings while a service serves: they are read again when the file of the settings has
/// changed, or one of these.
pub struct Again<T> {
    /// The files and folders that the settings name.
    pub files: Vec<PathBuf>,
    /// Takes them over, and tells which files they name now; or why they cannot be used.
    pub take: Box<dyn FnMut(T) -> Result<Vec<PathBuf>, String> + Send>,
}

impl<A, T> Service<A, T> {
    /// A service that depends on nothing.
    pub fn new(app: A) -> Self {
        Self {
            app,
            ready: Vec::new(),
            notes: Vec::new(),
            admin: Router::new(),
            again: None,
            background: Box::new(Vec::new),
            passes: Vec::new(),
            consumers: Vec::new(),
            records: None,
            notified: None,
            client_connections: 0,
        }
    }
}

impl<T: ServiceConfig> Program<T> {
    /// The program of the service that does what `about` says.
    pub fn new(about: &'static str) -> Self {
        let health = Command::new(HEALTH)
            .about("Asks the running service whether it is ready; exits with 0 when it is, else 1");
        Self {
            command_line: Command::new(T::NAME)
                .about(about)
                .after_help(config::help::<Settings<T>>(&T::prefix()))
                .arg(
                    Arg::new(CONFIG)
                        .long(CONFIG)
                        .value_name("FILE")
                        .value_parser(value_parser!(PathBuf))
                        .global(true)
                        .help("A TOML file with settings; variables go over it"),
                )
                .subcommand(health),
            commands: Vec::new(),
        }
    }

    /// Adds a command that reads the settings and does not serve.
    pub fn command(
        mut self,
        name: &'static str,
        about: &'static str,
        act: fn(&T) -> Outcome,
    ) -> Self {
        self.command_line = self
            .command_line
            .subcommand(Command::new(name).about(about));
        let act: Act<T> = Box::new(move |settings, _| act(settings));
        self.commands.push((name, act));
        self
    }

    /// Adds a command that has commands of its own.
    pub fn commands<C: Subcommand + 'static>(
        mut self,
        name: &'static str,
        about: &'static str,
        act: fn(&T, C) -> Outcome,
    ) -> Self {
        let command = Command::new(name)
            .about(about)
            .subcommand_required(true)
            .arg_required_else_help(true);
        self.command_line = self
            .command_line
            .subcommand(C::augment_subcommands(command));
        let act: Act<T> =
            Box::new(move |settings, chosen| act(settings, C::from_arg_matches(chosen)?));
        self.commands.push((name, act));
        self
    }

    /// Does what the command line says. Unless it names a command, that is to `open` the service and
    /// to serve it until Ctrl-C or SIGTERM cancels the token. A fault is one sentence on standard
    /// error and exit code 1; wrong usage is exit code 2.
    pub async fn run<A: App>(
        self,
        open: impl AsyncFnOnce(T, CancellationToken) -> Result<Service<A, T>, Box<dyn Error>>,
    ) -> ExitCode {
        let chosen = self.command_line.get_matches();
        let file = chosen.get_one::<PathBuf>(CONFIG).cloned();
        let work = async {
            let Settings { server, mut own } = load::<T>(file.as_ref())?;
            match chosen.subcommand() {
                None => {
                    let metrics = telemetry::init(&server.log_level, server.log_format)?;
                    let _spans = trace::export(T::NAME, &server.otlp, server.otlp_ratio);
                    let stop = serve::stop_on_signal();
                    let identity = server.identity()?.map(|(identity, files)| {
                        tokio::spawn(stop.clone().run_until_cancelled_owned(files.follow()));
                        identity
                    });
                    identity.iter().cloned().for_each(|it| own.introduce(it));
                    // It may wait for a server that never comes.
                    match stop.run_until_cancelled(open(own, stop.clone())).await {
                        Some(service) => {
                            let (mut service, stop) = (service?, stop.clone());
                            if std::env::var_os(RUNTIME_API).is_some() {
                                return service.run_as_function(stop).await;
                            }
                            let among = identity.as_ref();
                            service.follow(file, identity.clone(), &stop);
                            service
                                .serve(&server, among, T::MAX_HEAD, metrics, stop)
                                .await
                        }
                        None => Ok(()),
                    }
                }
                Some((HEALTH, _)) => health(server.admin_listen).await,
                Some((name, chosen)) => self
                    .commands
                    .iter()
                    .find(|(own, _)| *own == name)
                    .map_or(Ok(()), |(_, act)| act(&own, chosen)),
            }
        };
        match work.await {
            Ok(()) => ExitCode::SUCCESS,
            Err(fault) => {
                eprintln!("{}: {fault}", T::NAME);
                ExitCode::FAILURE
            }
        }
    }
}

/// The settings of now.
fn load<T: ServiceConfig>(file: Option<&PathBuf>) -> Result<Settings<T>, config::ConfigError> {
    config::load(&T::prefix(), file.map(PathBuf::as_path))
}

impl<A: App, T: ServiceConfig> Service<A, T> {
    /// Takes over settings that change, until `stop`.
    fn follow(
        &mut self,
        file: Option<PathBuf>,
        identity: Option<Identity>,
        stop: &CancellationToken,
    ) {
        let Some(Again { files, mut take }) = self.again.take() else {
            return;
        };
        let own_file = file.clone();
        let with_own = move |files: Vec<PathBuf>| own_file.iter().cloned().chain(files).collect();
        let all = with_own(files);
        let take = move || {
            let Settings { mut own, .. } =
                load::<T>(file.as_ref()).map_err(|fault| fault.to_string())?;
            identity.iter().cloned().for_each(|it| own.introduce(it));
            take(own).map(&with_own)
        };
        let reload = Reload::new(all, Box::new(take));
        self.notes.push(reload.refusal().note());
        tokio::spawn(stop.clone().run_until_cancelled_owned(reload.follow()));
    }

    /// Takes events from Lambda until `stop`: without ports, and without tasks, for which there is no time between
    /// two events.
    async fn run_as_function(self, stop: CancellationToken) -> Outcome {
        #[cfg(feature = "lambda")]
        {
            let function = crate::lambda::Function::load(T::NAME, self)?;
            function.run(stop).await.map_err(|fault| fault as _)
        }
        #[cfg(not(feature = "lambda"))]
        {
            let _ = stop;
            Err(format!("{RUNTIME_API} is set: expected a program with the feature lambda").into())
        }
    }

    /// Binds both ports and serves until `stop`. Then `/readyz` fails and answers say that their
    /// connections end, a second later the listener closes, requests in flight finish, and last the
    /// admin port closes: within 30 s in all.
    async fn serve(
        self,
        server: &ServerConfig,
        identity: Option<&Identity>,
        head: usize,
        metrics: PrometheusHandle,
        stop: CancellationToken,
    ) -> Result<(), Box<dyn Error>> {
        let background = (self.background)();
        let bind = async |address: SocketAddr| {
            TcpListener::bind(address)
                .await
                .map_err(|fault| format!("{address}: {fault}"))
        };
        let mut redirect = serve::to_https(server.redirect_port);
        let certificate = match (server.certificate()?, server.acme()?) {
            (Some(files), _) => Some((files.certificate(), files.follow().boxed())),
            (None, Some(acme)) => {
                redirect = redirect.merge(acme.proofs());
                Some((acme.certificate(), acme.follow().boxed()))
            }
            (None, None) => None,
        };
        let listener = bind(server.listen).await?;
        let admin_listener = bind(server.admin_listen).await?;
        let redirect_listener = match server.redirect_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let admin = serve::admin(self.ready, self.notes, metrics, stop.clone());
        let admin = admin.merge(self.admin);
        let done = CancellationToken::new();
        let limits = Limits {
            connections: serve::ADMIN_CONNECTIONS,
            drain: Duration::from_secs(1),
            ..Limits::default()
        };
        let admin = serve::serve(admin_listener, admin, limits, done.clone());
        let admin = tokio::spawn(admin);
        let limits = Limits {
            client_connections: self.client_connections,
            head,
            linger: serve::LINGER,
            idle: Duration::from_secs(server.idle_s),
            ..Limits::default()
        };
        let stopped = async {
            stop.cancelled().await;
            Instant::now()
        };
        let tls = certificate.map(|(certificate, follow)| {
            tokio::spawn(stop.clone().run_until_cancelled_owned(follow));
            Tls::new(certificate).with_hsts(server.tls_hsts_s)
        });
        let among = identity.filter(|_| !server.callers.is_empty());
        let tls = tls.or(among.map(|identity| identity.listener(&server.callers)));
        if let Some(listener) = redirect_listener {
            tokio::spawn(serve::serve(listener, redirect, limits, stop.clone()));
        }
        let served = serve::serve_over(listener, tls, self.app, limits, stop.clone());
        let ((), stopped) = tokio::join!(served, stopped);
        let ended = futures::future::try_join_all(background);
        match tokio::time::timeout_at(stopped + STOP_TIMEOUT, ended).await {
            Ok(ended) => drop(ended?),
            Err(_) => tracing::warn!("tasks were still running when the time to stop ended"),
        }
        done.cancel();
        Ok(admin.await?)
    }
}

/// Prints a line. That nobody reads any more (`terrace | head`) is no fault of ours.
pub fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Does a command's work that has to wait.
pub fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
    struct Nothing {}

    impl ServiceConfig for Nothing {
        const NAME: &'static str = "nothing";
        const PORT: u16 = 0;
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_end_holds_up_the_stop_no_longer_than_was_promised() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let service = Service::<_, Nothing> {
            background: Box::new(|| vec![tokio::spawn(std::future::pending())]),
            ..Service::new(Router::new())
        };
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = ServerConfig {
            listen: any,
            admin_listen: any,
            ..ServerConfig::at(0)
        };
        let stop = CancellationToken::new();
        stop.cancel();

        let served = service.serve(&server, None, serve::MAX_HEAD, recorder.handle(), stop);
        let served = tokio::time::timeout(Duration::from_secs(30), served);

        served.await.unwrap().unwrap();
    }
}
