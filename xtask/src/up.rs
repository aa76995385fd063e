//! `cargo xtask up`: the shop as one process a service, on a PostgreSQL and a Redis that it starts.

mod attached;
mod fleet;
pub(crate) mod network;
mod release;
mod scratch;
mod servers;
mod services;
mod shop;

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use self::{
    attached::Record,
    fleet::{Fleet, Tier, Unit},
    servers::Databases,
    services::{LETTERS, Ports, name_of, replicas, settings},
};
pub(crate) use self::{
    attached::{attached, elsewhere},
    network::Network,
    release::Release,
    scratch::ScratchPostgres,
    shop::Shop,
};
use crate::{
    run::{command, root, run},
    services::{Stops, owners, services},
};

/// How long the shop may take to open, and how often its processes are looked at.
const OPEN: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(100);

const DAY: Duration = Duration::from_hours(24);

/// How the shop is to run.
#[derive(Args)]
pub(crate) struct Up {
    /// Where the services keep their data; `sqlite` needs no server.
    #[arg(long, value_enum, default_value_t = Store::Postgres)]
    store: Store,
    /// A PostgreSQL server to use instead, by the URL of a role that may make roles and databases.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// A Redis server to use instead.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// More than one process of a service, the others on free ports; may be given several times.
    #[arg(long, value_name = "SERVICE=NUMBER", value_parser = replicas)]
    replicas: Vec<(String, usize)>,
    /// The data directory; this way of running keeps to its folder `up`.
    #[arg(long, value_name = "FOLDER", default_value = "data")]
    data: PathBuf,
    /// The port of the API.
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    edge_port: u16,
    /// The port of the web pages.
    #[arg(long, value_name = "PORT", default_value_t = 3000)]
    site_port: u16,
    /// Free ports instead of all the usual ones.
    #[arg(long)]
    free_ports: bool,
    /// No client is told to slow down: for load tests.
    #[arg(long)]
    no_throttle: bool,
    /// Services know each other by certificates of hours besides, from an authority that is made here.
    #[arg(long)]
    mtls: bool,
    /// How long such a certificate is good.
    #[arg(skip = DAY)]
    life: Duration,
    /// What is logged: off, error, warn, info, debug, trace.
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    log_level: String,
    /// Build with optimisation.
    #[arg(long)]
    release: bool,
    /// A TOML file with more settings of the edge, such as its stages.
    #[arg(long, value_name = "FILE")]
    edge_config: Option<PathBuf>,
    /// Each service as a host of a network (Linux, as root).
    #[arg(skip)]
    apart: bool,
    /// What runs at first instead of what is built, until it is replaced.
    #[arg(skip)]
    before: Option<Release>,
}

/// Where the services keep their data.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    /// A database a service on one PostgreSQL server; Redis for what replicas share.
    Postgres,
    /// A file a service.
    Sqlite,
}

/// Opens the shop and keeps it open until Ctrl-C, SIGTERM, or the end of its terminal.
pub(crate) fn up(options: &Up) -> anyhow::Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    let mut signals = vec![SIGINT, SIGTERM];
    if !attached::survives_hangup() {
        signals.push(SIGHUP);
    }
    for signal in signals {
        signal_hook::flag::register(signal, stop.clone())?;
    }
    let mut shop = options.open(&stop)?;
    while !stop.load(Ordering::SeqCst) {
        shop.fleet.restart_the_dead()?;
        std::thread::sleep(LOOK);
    }
    drop(shop);
    // Whoever reads may have gone.
    let _ = writeln!(std::io::stdout(), "  Terrace is closed.");
    Ok(())
}

impl Up {
    /// As a test needs it: in this data directory, beside whatever else runs, with two processes of
    /// each of these services.
    pub(crate) fn for_tests(data: &Path, twice: &[&str]) -> Self {
        Self {
            store: Store::Postgres,
            postgres: None,
            redis: None,
            replicas: twice.iter().map(|name| (name.to_string(), 2)).collect(),
            data: data.to_owned(),
            edge_port: 0,
            site_port: 0,
            free_ports: true,
            no_throttle: true,
            mtls: false,
            life: DAY,
            log_level: "warn".to_owned(),
            release: false,
            edge_config: None,
            apart: false,
            before: None,
        }
    }

    /// The same, with mutual TLS between services, by certificates that are good for so long.
    pub(crate) fn with_mtls(self, life: Duration) -> Self {
        Self {
            mtls: true,
            life,
            ..self
        }
    }

    /// The same, with each service as a host of a network. Stores are files: they need no way to a server.
    pub(crate) fn apart(self) -> Self {
        Self {
            store: Store::Sqlite,
            apart: true,
            ..self
        }
    }

    /// The same, with more settings of the edge in this file.
    pub(crate) fn with_edge(self, config: PathBuf) -> Self {
        Self {
            edge_config: Some(config),
            ..self
        }
    }

    /// The same, with this release at first, until its processes are replaced.
    pub(crate) fn before(self, release: Release) -> Self {
        Self {
            before: Some(release),
            ..self
        }
    }

    /// The same as a bench needs it: built with optimisation, one process a service.
    pub(crate) fn for_benches(data: &Path) -> Self {
        Self {
            release: true,
            ..Self::for_tests(data, &[])
        }
    }

    /// Builds and starts everything, and says where the shop is. Setting `stop` gives up.
    pub(crate) fn open(&self, stop: &AtomicBool) -> anyhow::Result<Shop> {
        let replicated = owners().into_iter().find(|owner| self.number_of(owner) > 1);
        if let (Store::Sqlite, Some(owner)) = (self.store, replicated) {
            bail!("--replicas {owner}: a SQLite file is for one process; use --store postgres");
        }
        let built = self.build()?;
        let data = std::path::absolute(root().join(&self.data))?;
        let up = data.join("up");
        fs::create_dir_all(&up).with_context(|| format!("{}", up.display()))?;
        let lock = File::create(up.join("lock"))?;
        if lock.try_lock().is_err() {
            bail!(
                "{} is in use by another shop; stop that one first",
                up.display()
            );
        }
        let secrets = make_secrets(&built, &data)?;

        let mut fleet = Fleet::recorded(Record::at(up.join("processes")));
        let databases = match self.store {
            Store::Sqlite => None,
            Store::Postgres => Some(Databases::start(&mut fleet, self, &up, &secrets, stop)?),
        };
        if self.mtls {
            fleet.start(self.certificates(&built, &secrets)?)?;
        }
        let ports = Ports::choose(self)?;
        let network = self.apart.then(Network::new).transpose()?;
        if let Some(network) = &network {
            network.open(&ports)?;
        }
        let mut shop = Shop {
            fleet,
            databases,
            ports,
            network,
            _lock: lock,
        };
        for unit in self.units(&built, &up, &secrets, &shop) {
            shop.fleet.start(unit)?;
        }
        let accounts = self.data.join("demo-accounts.json");
        let welcome = welcome(&built, &shop, &accounts, self.no_throttle);
        shop.fleet.wait_for(welcome, OPEN, stop)?;
        Ok(shop)
    }

    /// Makes the services' certificates; what renews them.
    fn certificates(&self, built: &Release, secrets: &Path) -> anyhow::Result<Unit> {
        let (program, into) = (built.program("terrace"), secrets.display().to_string());
        let life = self.life.as_secs().to_string();
        let arguments = ["certificates", "--into", &into, "--life-s", &life];
        run(command(&program, &arguments).arg("--once"))?;
        let mut renewer = attached(&program, "TERM");
        renewer.args(arguments).current_dir(root());
        Ok(Unit::new("certificates".to_owned(), renewer, Tier::Server))
    }

    fn number_of(&self, service: &str) -> usize {
        let asked = self.replicas.iter().rev().find(|(name, _)| name == service);
        asked.map_or(1, |(_, number)| *number)
    }

    /// Builds programs and pages.
    fn build(&self) -> anyhow::Result<Release> {
        let built = Release::build(root(), &root().join("target"), self.release)?;
        run(&mut command(&built.program("terrace"), &["storefront"]))?;
        Ok(built)
    }

    fn units(&self, built: &Release, up: &Path, secrets: &Path, shop: &Shop) -> Vec<Unit> {
        let ports = &shop.ports;
        let process = |release: &Release, service: &str, (port, admin): (u16, u16)| {
            let mut settings = settings(self, release, service, up, secrets, ports);
            if let Some(databases) = &shop.databases {
                settings.extend(databases.settings(service));
            }
            if service == "users" && !release.has(LETTERS) {
                settings.retain(|(key, _)| key != "REDIS");
            }
            let program = release.program(service);
            let mut process = match &shop.network {
                Some(network) => network.attached(service, &program, "TERM"),
                None => attached(&program, "TERM"),
            };
            process.current_dir(root());
            let config = self.edge_config.as_ref();
            if let Some(file) = config.filter(|_| service == "edge") {
                process.arg("--config").arg(file);
            }
            let variable = |key: &str| format!("{}__{key}", service.to_uppercase());
            for (key, value) in &settings {
                process.env(variable(key), value);
            }
            let host = ports.host(service);
            process.env(variable("LISTEN"), format!("{host}:{port}"));
            process.env(variable("ADMIN_LISTEN"), format!("{host}:{admin}"));
            process
        };
        let mut units = Vec::new();
        for listed in services() {
            let service = listed.name.as_str();
            let tier = match listed.stops {
                Stops::First => Tier::First,
                Stops::Middle => Tier::Middle,
                Stops::Last => Tier::Last,
            };
            for (n, port) in ports.of(service).iter().enumerate() {
                let (name, new) = (name_of(service, n), process(built, service, *port));
                units.push(match &self.before {
                    Some(old) if old.has(&format!("services/{service}")) => {
                        Unit::new(name, process(old, service, *port), tier).followed_by(new)
                    }
                    // Also beside a release that does not have it yet.
                    _ => Unit::new(name, new, tier),
                });
            }
        }
        units
    }
}

/// Makes the secrets; the demo accounts are those of `cargo run` on the same data directory.
fn make_secrets(built: &Release, data: &Path) -> anyhow::Result<PathBuf> {
    let secrets = data.join("up/secrets");
    let shown = data.join("demo-accounts.json");
    let own = secrets.join("users/demo_accounts.json");
    if shown.exists() && !own.exists() {
        fs::create_dir_all(secrets.join("users"))?;
        fs::copy(&shown, &own)?;
    }
    let into = secrets.display().to_string();
    run(&mut command(
        &built.program("terrace"),
        &["secrets", "--into", &into],
    ))?;
    if !shown.exists() {
        fs::copy(&own, &shown)?;
    }
    Ok(secrets)
}

/// What waits for the shop and says where it is.
fn welcome(built: &Release, shop: &Shop, accounts: &Path, no_throttle: bool) -> Command {
    let program = built.program("terrace");
    let mut welcome = match &shop.network {
        Some(network) => network.command("monitoring", &program),
        None => Command::new(program),
    };
    welcome
        .current_dir(root())
        .args(["welcome", "--wait-for"])
        .arg(shop.ports.admin_urls())
        .arg("--accounts")
        .arg(accounts)
        .args(["--edge-port", &shop.port("edge").to_string()])
        .args(["--site-port", &shop.port("site").to_string()])
        .env(
            "TERRACE_EDGE__THROTTLE",
            if no_throttle { "off" } else { "on" },
        );
    // Where it writes letters.
    let notices = accounts.with_file_name("up").join("outbox");
    welcome.arg("--letters").arg(notices);
    welcome
}

/// Waits in small steps until `done`; false when the `timeout` has ended.
fn wait_until(timeout: Duration, mut done: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while started.elapsed() < timeout {
        if done() {
            return true;
        }
        std::thread::sleep(LOOK);
    }
    false
}
