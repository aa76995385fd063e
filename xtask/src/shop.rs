//! A really running shop for tests: its own process, free ports, an empty data directory.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::{
    http,
    run::{root, run},
};

/// A shop. It is stopped and its data deleted when this is dropped.
pub(crate) struct Shop {
    folder: PathBuf,
    program: PathBuf,
    assortment: PathBuf,
    throttle: &'static str,
    provider: Option<String>,
    process: Child,
    data: PathBuf,
    edge_port: u16,
    site_port: u16,
    admin_port: u16,
    opened: Duration,
}

impl Shop {
    /// Starts the built `program` and waits until it answers.
    pub(crate) fn start(program: &Path) -> anyhow::Result<Self> {
        Self::open(root(), program, Path::new(""), "off", None)
    }

    /// The same, where people may sign in by a provider that will be at this address.
    pub(crate) fn start_with_provider(program: &Path, issuer: String) -> anyhow::Result<Self> {
        Self::open(root(), program, Path::new(""), "off", Some(issuer))
    }

    /// The same, with the assortment of a folder in place of the one that is shipped.
    pub(crate) fn start_with(assortment: &Path, program: &Path) -> anyhow::Result<Self> {
        Self::open(root(), program, assortment, "off", None)
    }

    /// The same with limits for each client, as it is open to everybody.
    pub(crate) fn start_limited(program: &Path) -> anyhow::Result<Self> {
        Self::open(root(), program, Path::new(""), "on", None)
    }

    /// The same in another clone of the workspace.
    pub(crate) fn start_in(folder: &Path, program: &Path) -> anyhow::Result<Self> {
        Self::open(folder, program, Path::new(""), "off", None)
    }

    fn open(
        folder: &Path,
        program: &Path,
        assortment: &Path,
        throttle: &'static str,
        provider: Option<String>,
    ) -> anyhow::Result<Self> {
        let [edge_port, site_port, admin_port] = free_ports()?;
        let data = std::env::temp_dir().join(format!("terrace-{}-{edge_port}", std::process::id()));
        let ports = [edge_port, site_port, admin_port];
        let mut shop = Self {
            folder: folder.to_owned(),
            program: program.to_owned(),
            assortment: assortment.to_owned(),
            throttle,
            process: spawn(
                folder, program, assortment, throttle, &provider, &data, ports,
            )?,
            provider,
            data,
            edge_port,
            site_port,
            admin_port,
            opened: Duration::ZERO,
        };
        shop.wait(Instant::now())?;
        Ok(shop)
    }

    /// Closes the shop calmly and opens it again on the same data.
    pub(crate) fn reopen(&mut self) -> anyhow::Result<()> {
        run(Command::new("kill").arg(self.id().to_string()))?;
        self.process.wait()?;
        let started = Instant::now();
        let ports = [self.edge_port, self.site_port, self.admin_port];
        self.process = spawn(
            &self.folder,
            &self.program,
            &self.assortment,
            self.throttle,
            &self.provider,
            &self.data,
            ports,
        )?;
        self.wait(started)
    }

    /// The API's address.
    pub(crate) fn api(&self) -> String {
        format!("http://localhost:{}", self.edge_port)
    }

    /// The web pages' address.
    pub(crate) fn site(&self) -> String {
        format!("http://localhost:{}", self.site_port)
    }

    /// The data directory.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The file of the accounts to try it with.
    pub(crate) fn accounts(&self) -> PathBuf {
        self.data.join("demo-accounts.json")
    }

    /// The API's port.
    pub(crate) fn edge_port(&self) -> u16 {
        self.edge_port
    }

    /// The admin port's address.
    pub(crate) fn admin(&self) -> String {
        format!("http://localhost:{}", self.admin_port)
    }

    /// The port of health and metrics.
    pub(crate) fn admin_port(&self) -> u16 {
        self.admin_port
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// How long the last start took, from the call to the first answer.
    pub(crate) fn opened(&self) -> Duration {
        self.opened
    }

    fn wait(&mut self, started: Instant) -> anyhow::Result<()> {
        // The storefront may have to be built first.
        while started.elapsed() < Duration::from_secs(300) {
            if let Some(status) = self.process.try_wait()? {
                bail!("the shop ended: {status}");
            }
            // Its ports are bound before it is ready: the request then waits in the queue.
            if http::get(self.edge_port, "/v1/products?limit=12").is_ok() {
                self.opened = started.elapsed();
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        bail!("the shop did not open within 5 minutes")
    }
}

fn spawn(
    folder: &Path,
    program: &Path,
    assortment: &Path,
    throttle: &str,
    provider: &Option<String>,
    data: &Path,
    ports: [u16; 3],
) -> anyhow::Result<Child> {
    let mut command = Command::new(program);
    command.arg("--data").arg(data);
    if !assortment.as_os_str().is_empty() {
        command.env("TERRACE_ASSORTMENT", assortment);
    }
    if let Some(issuer) = provider {
        command
            .env("TERRACE_PROVIDERS__EXAMPLE__ISSUER", issuer)
            .env("TERRACE_PROVIDERS__EXAMPLE__CLIENT_ID", "terrace")
            .env(
                "TERRACE_PROVIDERS__EXAMPLE__CLIENT_SECRET",
                "a-secret-of-tests-alone",
            )
            .env("TERRACE_PROVIDERS__EXAMPLE__LABEL", "Example ID");
    }
    let flags = ["--edge-port", "--site-port", "--admin-port"];
    for (flag, port) in flags.into_iter().zip(ports) {
        command.args([flag, &port.to_string()]);
    }
    // All tests but one come from one address.
    command.env("TERRACE_EDGE__THROTTLE", throttle);
    let process = command.current_dir(folder).spawn();
    process.with_context(|| format!("{} cannot be started", program.display()))
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.data);
    }
}

/// Ports that nobody listens on, all different because all are held until all are known.
pub(crate) fn free_ports<const N: usize>() -> anyhow::Result<[u16; N]> {
    let listeners = [(); N].map(|()| TcpListener::bind(("127.0.0.1", 0)));
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(listeners) {
        *port = listener?.local_addr()?.port();
    }
    Ok(ports)
}
