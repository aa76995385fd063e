//! The manifests, as an API server takes them.

use std::path::Path;

use anyhow::{Context, bail, ensure};

use super::{kubernetes::is_true, node::Node, output};
use crate::run::run;

/// The namespace of the shop.
pub(super) const SHOP: [&str; 2] = ["--namespace", "terrace"];

/// Applies a folder of manifests to a cluster that has none of them: all are made, without a warning.
pub(super) fn apply(node: &Node, folder: &Path) -> anyhow::Result<()> {
    let folder = folder.display().to_string();
    let mut apply = node.kubectl(&["apply", "--validate=strict", "--kustomize", &folder]);
    let told = apply.output()?;
    let warned = String::from_utf8_lossy(&told.stderr);
    ensure!(told.status.success(), "{folder} is refused:\n{warned}");
    ensure!(
        warned.is_empty(),
        "{folder} is accepted with a warning:\n{warned}"
    );
    let made = String::from_utf8(told.stdout)?;
    let other = made.lines().find(|line| !line.ends_with(" created"));
    ensure!(other.is_none(), "not made anew: {other:?}");
    println!(
        "{folder}: {} objects are made, without a warning",
        made.lines().count()
    );
    Ok(())
}

/// The overlay of a team's cluster is accepted whole, and its controllers make every pod. None is
/// run: the images and the stores are the team's.
pub(super) fn accept_production(
    node: &mut Node,
    gateway: &Path,
    overlay: &Path,
) -> anyhow::Result<()> {
    let gateway = gateway.display().to_string();
    let define = ["apply", "--server-side", "--filename", &gateway];
    output(&mut node.kubectl(&define))?;
    node.wait("the Gateway API is served", |node| {
        let all = node.get(&["customresourcedefinitions"])?;
        all.iter().try_for_each(|one| is_true(one, "Established"))
    })?;
    apply(node, overlay)?;
    node.wait(
        "each service has the pods that its autoscaler wants",
        |node| {
            let pods = node.get(&[&SHOP[..], &["pods"]].concat())?;
            for scaler in node.get(&[&SHOP[..], &["horizontalpodautoscalers"]].concat())? {
                let name = &scaler["metadata"]["name"];
                let label = "app.kubernetes.io~1name";
                let own = pods.iter();
                let own = own
                    .filter(|pod| pod.pointer(&format!("/metadata/labels/{label}")) == Some(name));
                let (found, wanted) = (own.count(), &scaler["spec"]["minReplicas"]);
                ensure!(*wanted == found, "{name} has {found} pods, not {wanted}");
            }
            Ok(())
        },
    )?;
    refuses_a_bare_pod(node)?;
    run(&mut node.kubectl(&["delete", "namespace", SHOP[1]]))
}

/// The namespace's standard is enforced, so whatever runs there keeps it.
fn refuses_a_bare_pod(node: &Node) -> anyhow::Result<()> {
    let mut bare = node.kubectl(&SHOP);
    let told = bare.args(["run", "bare", "--image", "bare"]).output()?;
    let told = String::from_utf8_lossy(&told.stderr);
    ensure!(
        told.contains("violates PodSecurity \"restricted"),
        "a pod that is not hardened is let in: {told}"
    );
    Ok(())
}

/// Waits until all is available; its pods had one start each.
pub(super) fn wait_until_open(node: &mut Node) -> anyhow::Result<()> {
    node.wait("the shop is open", |node| {
        let all = node.get(&[&SHOP[..], &["deployments"]].concat())?;
        all.iter().try_for_each(|one| is_true(one, "Available"))
    })?;
    has_not_restarted(node)
}

/// No container has died; what the first that did said last stands in the error.
pub(super) fn has_not_restarted(node: &Node) -> anyhow::Result<()> {
    for pod in node.get(&[&SHOP[..], &["pods"]].concat())? {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        let restarts = &pod["status"]["containerStatuses"][0]["restartCount"];
        if *restarts != 0 {
            let mut logs = node.kubectl(&SHOP);
            let said = output(logs.args(["logs", "--previous", "--tail=5", name]))?;
            bail!("{name} has restarted ({restarts}); before, it said\n{said}");
        }
    }
    Ok(())
}

/// The address of a service of the shop.
pub(super) fn address(node: &Node, service: &str) -> anyhow::Result<String> {
    let found = node.get(&[&SHOP[..], &["service", service]].concat())?;
    let spec = &found[0]["spec"];
    let host = spec["clusterIP"].as_str().context("it has an address")?;
    Ok(format!("http://{host}:{}", spec["ports"][0]["port"]))
}
