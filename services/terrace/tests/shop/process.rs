//! The program itself, as `cargo run` starts it.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use axum::http::Method;
use client::Upstream;
use testkit::service::Client;

use crate::visitor::Visitor;

/// A shop in a process of its own.
pub(crate) struct Process {
    child: Child,
    ports: [u16; 3],
}

/// Ports for the API, the pages, and health, that nobody has.
pub(crate) fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// The program with these ports and this data directory, to be started.
pub(crate) fn terrace(data: &Path, ports: [u16; 3]) -> Command {
    terrace_at(Path::new(env!("CARGO_BIN_EXE_terrace")), data, ports)
}

/// The same, as a copy of the program.
pub(crate) fn terrace_at(program: &Path, data: &Path, ports: [u16; 3]) -> Command {
    let mut command = Command::new(program);
    command.arg("--data").arg(data);
    for (flag, port) in ["--edge-port", "--site-port", "--admin-port"]
        .iter()
        .zip(ports)
    {
        command.arg(flag).arg(port.to_string());
    }
    command
        .env("TERRACE_EDGE__THROTTLE", "off")
        // The storefront plays no part here, and need not be built.
        .env("TERRACE_SITE__ROOT", data);
    command
}

impl Process {
    pub(crate) fn start(data: &Path, ports: [u16; 3]) -> Self {
        Self::run(&mut terrace(data, ports), ports)
    }

    /// Starts what [`terrace`] made for these ports.
    pub(crate) fn run(command: &mut Command, ports: [u16; 3]) -> Self {
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        Self { child, ports }
    }

    /// Its metrics, as Prometheus reads them.
    pub(crate) async fn metrics(&self) -> String {
        let admin = format!("http://127.0.0.1:{}", self.ports[2]);
        let admin = Client::outside(Upstream::http(admin.parse().unwrap()));
        admin.get("/metrics").await.text()
    }

    /// Somebody who uses it.
    pub(crate) fn visitor(&self) -> Visitor {
        let base = format!("http://127.0.0.1:{}", self.ports[0]);
        Visitor::new(Upstream::http(base.parse().unwrap()))
    }

    /// Waits until it is open.
    pub(crate) async fn wait(&mut self) {
        let started = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", self.ports[0]))
            .await
            .is_err()
        {
            assert!(self.child.try_wait().unwrap().is_none(), "the shop ended");
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "the shop does not open"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // The port is bound before the shop opens: wait for an answer.
        let visitor = self.visitor();
        visitor
            .call(Method::GET, "/v1/categories", None)
            .await
            .ok(200);
    }

    /// Kills it (SIGKILL).
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Interrupts it, as Ctrl-C does; its exit code.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}
