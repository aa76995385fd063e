//! Who reaches whom in the cluster, tried: from within each pod, at every port of every other.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::{kubernetes::ADDRESS, manifests::SHOP, node::Node, output};
use crate::knock::{self, PUBLIC, map};

/// Pods of other namespaces: who reads metrics, and somebody with the labels of a service.
const OUTSIDERS: [(&str, &str); 2] = [("monitoring", "prometheus"), ("default", "orders")];

/// A pod in whose network something can be tried.
struct Pod {
    process: String,
    address: String,
    ports: Vec<(String, u64)>,
}

/// Something that may be called.
struct Target<'a> {
    name: &'a str,
    port_name: &'a str,
    address: String,
}

/// Fails when something is open that is to be closed, or closed that is to be open.
pub(super) fn check(node: &mut Node) -> anyhow::Result<()> {
    for (namespace, name) in OUTSIDERS {
        enter(node, namespace, name)?;
    }
    let shop = pods(node, SHOP[1])?;
    let dns = pods(node, "kube-system")?;
    let dns = &dns.get("kube-dns").context("there is no DNS")?.address;
    let mut targets = vec![
        Target {
            name: "DNS",
            port_name: "",
            address: format!("{dns} 53"),
        },
        Target {
            name: "the API server",
            port_name: "",
            address: format!("{ADDRESS} 6443"),
        },
    ];
    for (name, pod) in &shop {
        for (port_name, port) in &pod.ports {
            let address = format!("{} {port}", pod.address);
            targets.push(Target {
                name,
                port_name,
                address,
            });
        }
    }
    let mut tried = 0;
    let mut wrong = Vec::new();
    let mut try_from = |from: &str, pod: &Pod, may: &dyn Fn(&Target) -> bool| {
        let others: Vec<_> = targets.iter().filter(|to| to.name != from).collect();
        let open = open_from(node, pod, &others)?;
        tried += others.len();
        for to in others {
            let is_open = open.contains(&to.address);
            if is_open != may(to) {
                let state = if is_open { "open" } else { "closed" };
                wrong.push(format!(
                    "from {from} to {} ({}) is {state}",
                    to.name, to.port_name
                ));
            }
        }
        anyhow::Ok(())
    };
    let map = map();
    for (from, calls) in &map {
        let pod = shop
            .get(from)
            .with_context(|| format!("there is no pod {from}"))?;
        try_from(from, pod, &|to| {
            to.name == "DNS" || calls.iter().any(|it| it == to.name) && to.port_name != "admin"
        })?;
    }
    ensure!(
        shop.len() == map.len(),
        "the map lacks a pod of {:?}",
        shop.keys()
    );
    for (namespace, name) in OUTSIDERS {
        let pods = pods(node, namespace)?;
        let pod = pods
            .get(name)
            .with_context(|| format!("{name} is not in {namespace}"))?;
        try_from(namespace, pod, &|to| match to.port_name {
            "admin" => name == "prometheus",
            "http" => PUBLIC.contains(&to.name),
            // What is not the shop's is nobody's concern here.
            port => port.is_empty(),
        })?;
    }
    ensure!(
        wrong.is_empty(),
        "the network is not as the map says:\n{}",
        wrong.join("\n")
    );
    println!("{tried} connections tried: what is open and what is closed is as the map says");
    Ok(())
}

/// A pod of another namespace, with this for its name and label.
fn enter(node: &mut Node, namespace: &str, name: &str) -> anyhow::Result<()> {
    // It is there already, or this fails later.
    let _ = node.kubectl(&["create", "namespace", namespace]).output();
    let label = format!("--labels=app.kubernetes.io/name={name}");
    let image = "--image=terrace/pause:dev";
    let mut enter = node.kubectl(&["--namespace", namespace, "run", name, image, &label]);
    node.wait("an outsider is there", |node| {
        let _ = enter.output();
        let pods = pods(node, namespace)?;
        ensure!(
            pods.contains_key(name),
            "{name} does not run in {namespace}"
        );
        Ok(())
    })
}

/// The running pods of a namespace, one of each name.
fn pods(node: &Node, namespace: &str) -> anyhow::Result<BTreeMap<String, Pod>> {
    let tasks = output(&mut node.command("ctr", &["--namespace=k8s.io", "tasks", "list"]))?;
    let tasks: BTreeMap<_, _> = tasks
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?))
        })
        .collect();
    let mut pods = BTreeMap::new();
    for pod in node.get(&["--namespace", namespace, "pods"])? {
        let labels = &pod["metadata"]["labels"];
        let name = labels["app.kubernetes.io/name"]
            .as_str()
            .or(labels["k8s-app"].as_str());
        let container = pod["status"]["containerStatuses"][0]["containerID"].as_str();
        let process = container.and_then(|id| tasks.get(id.strip_prefix("containerd://")?));
        let (Some(name), Some(process), Some(address)) =
            (name, process, pod["status"]["podIP"].as_str())
        else {
            continue;
        };
        let ports = pod["spec"]["containers"][0]["ports"].as_array();
        let port = |port: &Value| {
            Some((
                port["name"].as_str()?.to_owned(),
                port["containerPort"].as_u64()?,
            ))
        };
        pods.insert(
            name.to_owned(),
            Pod {
                process: process.to_string(),
                address: address.to_owned(),
                ports: ports.into_iter().flatten().filter_map(port).collect(),
            },
        );
    }
    Ok(pods)
}

/// The addresses that answer from within a pod.
fn open_from(node: &Node, pod: &Pod, targets: &[&Target]) -> anyhow::Result<Vec<String>> {
    let enter = ["--target", &pod.process, "--net", "--", "bash"];
    let addresses: Vec<_> = targets.iter().map(|to| to.address.clone()).collect();
    knock::open_from(&mut node.command("nsenter", &enter), &addresses)
}
