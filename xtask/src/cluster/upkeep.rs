//! What operators and autoscalers do to a shop while shoppers buy: no request fails.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use super::{
    manifests::{SHOP, has_not_restarted},
    node::{Node, TIMEOUT},
    output,
};
use crate::{
    drill::shoppers::Shoppers,
    run::{root, run},
    services::names,
};

/// Rolls out, drains and scales while shoppers buy; when they have left, the autoscaler takes back what
/// it added.
pub(super) fn check(
    node: &mut Node,
    shoppers: &Path,
    api: &str,
    site: &str,
    data: &Path,
) -> anyhow::Result<()> {
    // The node has room for no more than that, and for a rollout.
    for service in names() {
        scale_by(
            node,
            service,
            &json!({ "minReplicas": 2, "maxReplicas": 2 }),
        )?;
    }
    for service in names() {
        wait_for_replicas(node, service, 2)?;
    }
    let mut enter = node.in_network(&shoppers.display().to_string());
    let shoppers = Shoppers::enter(enter.current_dir(root()), api, site, data)?;

    roll_out(node, &["edge", "catalog"])?;
    drain(node)?;
    has_not_restarted(node)?;
    scale_by(node, "catalog", &quick(3))?;
    wait_for_replicas(node, "catalog", 3)?;

    let report = shoppers.leave()?;
    ensure!(!report.owed.is_empty(), "nothing was ordered");
    if !report.failed.is_empty() {
        let (count, all) = (report.failed.len(), report.failed.join("\n"));
        bail!("{count} requests failed:\n{all}");
    }
    println!("{} orders meanwhile; no request failed", report.owed.len());
    wait_for_replicas(node, "catalog", 2)
}

/// New pods for old ones.
fn roll_out(node: &Node, services: &[&str]) -> anyhow::Result<()> {
    for service in services {
        let deployment = format!("deployment/{service}");
        run(node
            .kubectl(&SHOP)
            .args(["rollout", "restart", &deployment]))?;
        let timeout = format!("--timeout={}s", TIMEOUT.as_secs());
        run(node
            .kubectl(&SHOP)
            .args(["rollout", "status", &deployment, &timeout]))?;
    }
    Ok(())
}

/// Evicts every pod of the services, as their disruption budgets allow. New ones may come to the same
/// node: there is no other.
fn drain(node: &mut Node) -> anyhow::Result<()> {
    let services = names().join(",");
    let of = format!("app.kubernetes.io/part-of=terrace,app.kubernetes.io/name in ({services})");
    let mut drain = node.kubectl(&["drain", "node", "--pod-selector", &of]);
    drain.arg(format!("--timeout={}s", TIMEOUT.as_secs()));
    let mut drain = drain.spawn().context("kubectl cannot be started")?;
    let cordoned = node.wait("the node takes no more pods", |node| {
        let taints = &node.get(&["node", "node"])?[0]["spec"]["unschedulable"];
        ensure!(*taints == true, "it still does");
        Ok(())
    });
    let opened = cordoned.and_then(|()| run(&mut node.kubectl(&["uncordon", "node"])));
    let drained = drain.wait()?;
    opened?;
    ensure!(drained.success(), "the node cannot be drained: {drained}");
    for service in names() {
        wait_for_replicas(node, service, 2)?;
    }
    Ok(())
}

/// The rule by which catalog scales, to be seen within a test: at little work already, by one pod, and
/// back without 5 quiet minutes.
fn quick(most: usize) -> Value {
    json!({
        "maxReplicas": most,
        "metrics": [{ "type": "Resource", "resource": {
            "name": "cpu", "target": { "type": "Utilization", "averageUtilization": 20 }
        } }],
        "behavior": { "scaleDown": {
            "stabilizationWindowSeconds": 0,
            "policies": [{ "type": "Pods", "value": 1, "periodSeconds": 15 }]
        } }
    })
}

/// Changes what the autoscaler of a service goes by.
fn scale_by(node: &Node, service: &str, rule: &Value) -> anyhow::Result<()> {
    let rule = json!({ "spec": rule }).to_string();
    let mut patch = node.kubectl(&SHOP);
    patch.args(["patch", "horizontalpodautoscaler", service, "--type=merge"]);
    output(patch.args(["--patch", &rule])).map(drop)
}

/// Waits until a service is asked to have so many replicas, and has as many as it is asked to.
fn wait_for_replicas(node: &mut Node, service: &str, wanted: u64) -> anyhow::Result<()> {
    node.wait(&format!("{service} has {wanted} replicas"), |node| {
        let deployment = &node.get(&[&SHOP[..], &["deployment", service]].concat())?[0];
        let scaler = ["horizontalpodautoscaler", service];
        let scaler = &node.get(&[&SHOP[..], &scaler].concat())?[0]["status"];
        let (asked, found) = (&deployment["spec"]["replicas"], &deployment["status"]);
        ensure!(
            *asked == wanted && found["replicas"] == wanted && found["readyReplicas"] == wanted,
            "{asked} are asked for, and there are {found}; the autoscaler says {scaler}"
        );
        Ok(())
    })
}
