//! A really running shop for tests: its own process, free ports, an empty data directory.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::run::root;

/// A shop. It is stopped and its data deleted when this is dropped.
pub(crate) struct Shop {
    process: Child,
    data: PathBuf,
    edge_port: u16,
    site_port: u16,
}

impl Shop {
    /// Starts the built `program` and waits until it answers.
    pub(crate) fn start(program: &Path) -> anyhow::Result<Self> {
        let [edge_port, site_port, admin_port] = free_ports()?;
        let data = std::env::temp_dir().join(format!("terrace-{}-{edge_port}", std::process::id()));
        let process = Command::new(program)
            .arg("--data")
            .arg(&data)
            .args(["--edge-port", &edge_port.to_string()])
            .args(["--site-port", &site_port.to_string()])
            .args(["--admin-port", &admin_port.to_string()])
            // All tests come from one address.
            .env("TERRACE_EDGE__THROTTLE", "off")
            .current_dir(root())
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let mut shop = Self {
            process,
            data,
            edge_port,
            site_port,
        };
        shop.wait()?;
        Ok(shop)
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

    fn wait(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        // The storefront may have to be built first.
        while started.elapsed() < Duration::from_secs(300) {
            if let Some(status) = self.process.try_wait()? {
                bail!("the shop ended: {status}");
            }
            let accounts = self.data.join("demo-accounts.json").exists();
            if accounts && TcpStream::connect(("127.0.0.1", self.edge_port)).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("the shop did not open within 5 minutes")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.data);
    }
}

/// Ports that nobody listens on, all different because all are held until all are known.
fn free_ports<const N: usize>() -> anyhow::Result<[u16; N]> {
    let listeners = [(); N].map(|()| TcpListener::bind(("127.0.0.1", 0)));
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(listeners) {
        *port = listener?.local_addr()?.port();
    }
    Ok(ports)
}
