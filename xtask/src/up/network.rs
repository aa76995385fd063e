//! A network for one shop, in which each service is a host: namespaces of Linux around one that lets through what the map says.
//! They have no names: each is there for as long as a process is in it, also when nobody takes it away.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, ensure};

use super::{attached::attached, services::Ports};
use crate::{
    run::output,
    services::{self, callers_of},
};

/// Who is no service: who visits the shop, who reads its metrics, and somebody who may do nothing.
pub(crate) const OTHERS: [&str; 3] = ["outside", "monitoring", "stranger"];

/// Hosts, and what stands between them.
pub(crate) struct Network {
    router: Namespace,
    hosts: Vec<(&'static str, Namespace)>,
}

impl Network {
    /// Nobody reaches anybody yet.
    pub(super) fn new() -> anyhow::Result<Self> {
        let router = Namespace::new()?;
        router.script(
            "echo 1 > /proc/sys/net/ipv4/ip_forward
             iptables -P INPUT DROP
             iptables -P FORWARD DROP
             iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
        )?;
        let mut hosts = Vec::new();
        for name in names() {
            let (host, subnet) = (Namespace::new()?, subnet(name));
            router.script(&format!(
                "ip link add {name} type veth peer name eth0 netns {}
                 ip address add {subnet}.1/24 dev {name}
                 ip link set {name} up",
                host.0.id()
            ))?;
            host.script(&format!(
                "ip address add {subnet}.2/24 dev eth0
                 ip link set eth0 up
                 ip route add default via {subnet}.1"
            ))?;
            hosts.push((name, host));
        }
        Ok(Self { router, hosts })
    }

    /// Where a host is.
    pub(super) fn address(host: &str) -> String {
        format!("{}.2", subnet(host))
    }

    /// Lets services call their neighbours, visitors what is public, and monitoring what tells metrics. It goes by the
    /// line on which somebody comes: taking another's address does not help.
    pub(super) fn open(&self, ports: &Ports) -> anyhow::Result<()> {
        let [outside, monitoring, _] = OTHERS;
        let mut rules = String::new();
        let mut allow = |from: &str, to: &str, port: u16| {
            rules +=
                &format!("iptables -A FORWARD -i {from} -o {to} -p tcp --dport {port} -j ACCEPT\n");
        };
        for service in services::names() {
            for (port, admin) in ports.of(service) {
                for caller in callers_of(service) {
                    allow(caller, service, *port);
                }
                if ["edge", "site"].contains(&service) {
                    allow(outside, service, *port);
                }
                allow(monitoring, service, *admin);
            }
        }
        self.router.script(&rules)
    }

    /// A program on a host.
    pub(crate) fn command(&self, host: &str, program: &str) -> Command {
        self.host(host).enter(Command::new("nsenter"), program)
    }

    /// The same, which gets this signal when the thread ends that started it.
    pub(super) fn attached(&self, host: &str, program: &str, signal: &str) -> Command {
        self.host(host).enter(attached("nsenter", signal), program)
    }

    fn host(&self, name: &str) -> &Namespace {
        let found = self.hosts.iter().find(|(host, _)| *host == name);
        &found.expect("all services are hosts").1
    }
}

/// All hosts.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    services::names().into_iter().chain(OTHERS)
}

fn subnet(host: &str) -> String {
    let n = names().position(|name| name == host);
    format!("10.83.{}", n.expect("all services are hosts"))
}

/// A network of its own, by the process that keeps it.
struct Namespace(Child);

impl Namespace {
    fn new() -> anyhow::Result<Self> {
        let there = "echo there && exec sleep infinity";
        let mut keeper = attached("unshare", "KILL")
            .args(["--net", "sh", "-c", there])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("unshare cannot be started")?;
        let told = keeper.stdout.take().context("its output is piped")?;
        let namespace = Self(keeper);
        let mut line = String::new();
        BufReader::new(told).read_line(&mut line)?;
        ensure!(line == "there\n", "no namespace can be made");
        namespace.script("ip link set lo up")?;
        Ok(namespace)
    }

    /// Has a shell do this in it.
    fn script(&self, script: &str) -> anyhow::Result<()> {
        let script = format!("set -e; PATH=$PATH:/usr/sbin:/sbin\n{script}");
        let mut shell = self.enter(Command::new("nsenter"), "sh");
        output(shell.args(["-c", &script])).map(drop)
    }

    fn enter(&self, mut nsenter: Command, program: &str) -> Command {
        let id = self.0.id().to_string();
        nsenter.args(["--target", &id, "--net", "--", program]);
        nsenter
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
