//! A shop of many processes that runs: where it is, and what can be done with its processes.

use std::{
    fs::File,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;

use super::{LOOK, fleet::Fleet, network::Network, servers::Databases, services::Ports};

/// A running shop. It is stopped when this is dropped.
pub(crate) struct Shop {
    pub(super) fleet: Fleet,
    pub(super) databases: Option<Databases>,
    pub(super) ports: Ports,
    pub(super) network: Option<Network>,
    pub(super) _lock: File,
}

impl Shop {
    /// The API's address.
    pub(crate) fn api(&self) -> String {
        format!("http://localhost:{}", self.port("edge"))
    }

    /// The addresses of all processes of a service, with commas between.
    pub(crate) fn all_of(&self, service: &str) -> String {
        self.ports.urls("http", service)
    }

    /// The web pages' address.
    pub(crate) fn site(&self) -> String {
        format!("http://localhost:{}", self.port("site"))
    }

    /// The admin port of a service's first process.
    pub(crate) fn admin_port(&self, service: &str) -> u16 {
        self.ports.of(service)[0].1
    }

    /// The names of all services' processes, with their admin ports.
    pub(crate) fn processes(&self) -> Vec<(String, u16)> {
        let processes = self.ports.processes();
        processes.map(|(name, (_, admin))| (name, admin)).collect()
    }

    /// The API's port.
    pub(crate) fn edge_port(&self) -> u16 {
        self.port("edge")
    }

    /// The ids of all services' processes, by name.
    pub(crate) fn ids(&mut self) -> anyhow::Result<Vec<(String, u32)>> {
        let names = self.ports.processes().map(|(name, _)| name);
        let names: Vec<_> = names.collect();
        names
            .into_iter()
            .map(|name| self.fleet.id(&name).map(|id| (name, id)))
            .collect()
    }

    /// Sends a process a signal, as `kill` names it.
    pub(crate) fn signal(&mut self, name: &str, signal: &str) -> anyhow::Result<()> {
        self.fleet.signal(name, signal)
    }

    /// Stops a process calmly, and starts it again.
    pub(crate) fn restart(&mut self, name: &str) -> anyhow::Result<()> {
        self.fleet.restart(name)
    }

    /// Stops a process of [`Up::before`] calmly, and starts what was built in its place.
    pub(crate) fn replace(&mut self, name: &str) -> anyhow::Result<()> {
        self.fleet.replace(name)
    }

    /// Lets time pass, in which what died is started again, until `done`; false when the `timeout` has
    /// ended.
    pub(crate) fn pass(
        &mut self,
        timeout: Duration,
        mut done: impl FnMut() -> bool,
    ) -> anyhow::Result<bool> {
        let started = Instant::now();
        while started.elapsed() < timeout {
            self.fleet.restart_the_dead()?;
            if done() {
                return Ok(true);
            }
            std::thread::sleep(LOOK);
        }
        Ok(false)
    }

    /// The rows that a query finds in a service's database, as lines with `|` between the columns.
    pub(crate) fn query(&self, owner: &str, sql: &str) -> anyhow::Result<String> {
        let databases = self.databases.as_ref();
        databases.context("SQLite is not asked")?.query(owner, sql)
    }

    /// Where Redis keeps what it was told.
    pub(crate) fn redis_folder(&self) -> anyhow::Result<&Path> {
        let databases = self.databases.as_ref();
        let folder = databases.and_then(Databases::redis_folder);
        folder.context("Redis was not started here")
    }

    /// The address of a service's host.
    pub(crate) fn host(&self, service: &str) -> String {
        self.ports.host(service)
    }

    /// The network in which its services are hosts.
    pub(crate) fn network(&self) -> anyhow::Result<&Network> {
        let network = self.network.as_ref();
        network.context("the services are one host")
    }

    /// The port of a service's first process.
    pub(crate) fn port(&self, service: &str) -> u16 {
        self.ports.of(service)[0].0
    }
}
