//! Docker Compose, version 2 or 1, and the containers of one project.

use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::{
    needs::{self, tool::Found},
    run::{command, output, run},
};

/// A shop in containers. With its data it is taken away when this is dropped.
pub(crate) struct Compose {
    program: Found,
    project: &'static str,
    files: &'static [&'static str],
    edge_port: u16,
    site_port: u16,
}

/// A container, as `docker inspect` tells of it.
pub(crate) struct Container(Value);

impl Compose {
    /// What there is of Docker; a sentence says what is missing.
    pub(crate) fn find(
        project: &'static str,
        edge_port: u16,
        site_port: u16,
    ) -> anyhow::Result<Self> {
        needs::DOCKER.get()?;
        let program = needs::COMPOSE.get()?;
        let compose = Self {
            program,
            project,
            files: &["docker-compose.yml"],
            edge_port,
            site_port,
        };
        // What a run before this one left when it was killed.
        run(&mut compose.command(&["down", "--volumes"]))?;
        Ok(compose)
    }

    /// A Compose command for this shop.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program.command(&["--project-name", self.project]);
        for file in self.files {
            command.args(["--file", file]);
        }
        command
            .args(arguments)
            .env("TERRACE_EDGE_PORT", self.edge_port.to_string())
            .env("TERRACE_SITE_PORT", self.site_port.to_string())
            // All tests come from one address.
            .env("TERRACE_THROTTLE", "off");
        command
    }

    /// Whatever is done from now on is done with these files.
    pub(crate) fn read(&mut self, files: &'static [&'static str]) {
        self.files = files;
    }

    /// Starts the shop and returns when `welcome` has said that it is open.
    pub(crate) fn open(&self) -> anyhow::Result<()> {
        run(&mut self.command(&["up", "--detach"]))?;
        let welcome = self.one("welcome")?;
        let code = docker(&["wait", welcome.id()])?;
        run(&mut self.command(&["logs", "welcome"]))?;
        if code.trim() != "0" {
            bail!("welcome ended with {}", code.trim());
        }
        Ok(())
    }

    /// The accounts to try the shop with, as a person asks for them.
    pub(crate) fn demo_accounts(&self) -> anyhow::Result<String> {
        output(&mut self.command(&["exec", "-T", "users", "users", "demo-accounts"]))
    }

    /// How many rows a table of a service has.
    pub(crate) fn count(&self, service: &str, table: &str) -> anyhow::Result<u64> {
        let postgres = format!("postgres-{service}");
        let query = format!("select count(*) from {table}");
        let psql = ["psql", "--username", service, "--tuples-only", "--no-align"];
        let mut ask = self.command(&["exec", "-T", &postgres]);
        Ok(output(ask.args(psql).args(["--command", &query]))?
            .trim()
            .parse()?)
    }

    /// What each container holds in memory, a line each.
    pub(crate) fn memory(&self) -> anyhow::Result<String> {
        let running = self.containers()?.into_iter().filter(Container::is_running);
        let ids: Vec<_> = running.map(|container| container.id().to_owned()).collect();
        let mut stats = command("docker", &["stats", "--no-stream", "--format"]);
        output(
            stats
                .arg("  {{.Name}}\t{{.MemUsage}}\t{{.CPUPerc}}")
                .args(ids),
        )
    }

    /// All containers, those that have ended too.
    pub(crate) fn containers(&self) -> anyhow::Result<Vec<Container>> {
        let label = format!("label=com.docker.compose.project={}", self.project);
        let ids = docker(&["ps", "--all", "--quiet", "--filter", &label])?;
        let mut inspect = command("docker", &["inspect"]);
        let described = output(inspect.args(ids.split_whitespace()))?;
        let described: Vec<Value> = serde_json::from_str(&described)?;
        Ok(described.into_iter().map(Container).collect())
    }

    /// The first container of a service.
    pub(crate) fn one(&self, service: &str) -> anyhow::Result<Container> {
        let mut containers = self.containers()?.into_iter();
        let found = containers.find(|container| container.service() == service);
        found.with_context(|| format!("there is no container of {service}"))
    }
}

impl Drop for Compose {
    fn drop(&mut self) {
        let _ = run(&mut self.command(&["down", "--volumes"]));
    }
}

impl Container {
    pub(crate) fn id(&self) -> &str {
        self.at("/Id").as_str().unwrap_or_default()
    }

    pub(crate) fn service(&self) -> &str {
        self.at("/Config/Labels/com.docker.compose.service")
            .as_str()
            .unwrap_or_default()
    }

    pub(crate) fn is_running(&self) -> bool {
        self.at("/State/Running") == true
    }

    /// A part of what `docker inspect` tells; null where there is none.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The names of an object's members.
    pub(crate) fn keys(&self, pointer: &str) -> Vec<&str> {
        let members = self.at(pointer).as_object().into_iter().flatten();
        members.map(|(name, _)| name.as_str()).collect()
    }
}

/// What a Docker command prints.
pub(crate) fn docker(arguments: &[&str]) -> anyhow::Result<String> {
    output(&mut command("docker", arguments))
}
