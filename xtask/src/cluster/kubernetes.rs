//! The programs of Kubernetes on the node, and what each is told.

use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::{
    node::{Node, control_group, in_settings},
    output,
};
use crate::run::run;

/// The node's address.
pub(super) const ADDRESS: &str = "198.51.100.1";

/// How many volumes there are to claim: one for each PostgreSQL, Redis, and the pictures.
const VOLUMES: usize = 7;

/// Starts what accepts manifests and acts on them; there is nothing yet that runs pods.
pub(super) fn start_control_plane(node: &mut Node) -> anyhow::Result<()> {
    let tokens = in_settings("tokens.csv");
    let kubeconfig = format!("--kubeconfig={}", in_settings("kubeconfig.yaml"));
    node.run(
        "etcd",
        &[
            "--data-dir=/var/lib/etcd",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ],
    )?;
    node.run(
        "kube-apiserver",
        &[
            "--etcd-servers=http://127.0.0.1:2379",
            &format!("--advertise-address={ADDRESS}"),
            "--service-cluster-ip-range=10.96.0.0/16",
            "--cert-dir=/run/apiserver",
            &format!("--token-auth-file={tokens}"),
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-signing-key-file=/run/apiserver/apiserver.key",
            "--service-account-key-file=/run/apiserver/apiserver.key",
            "--kubelet-preferred-address-types=InternalIP",
        ],
    )?;
    node.wait("the API server is ready", |node| {
        output(&mut node.kubectl(&["get", "--raw", "/readyz"]))
    })?;
    node.run(
        "kube-controller-manager",
        &[
            &kubeconfig,
            "--leader-elect=false",
            "--root-ca-file=/run/apiserver/apiserver.crt",
            // A test waits for the autoscaler.
            "--horizontal-pod-autoscaler-sync-period=3s",
            "--horizontal-pod-autoscaler-initial-readiness-delay=5s",
            "--horizontal-pod-autoscaler-cpu-initialization-period=10s",
        ],
    )?;
    node.run("kube-scheduler", &[&kubeconfig, "--leader-elect=false"])
}

/// Starts what runs pods: the node is ready with these images, names and networks.
pub(super) fn start_node(node: &mut Node, images: &Path) -> anyhow::Result<()> {
    let kubeconfig = format!("--kubeconfig={}", in_settings("kubeconfig.yaml"));
    node.run("containerd", &["--config", &in_settings("containerd.toml")])?;
    node.wait("containerd answers", |node| {
        output(&mut node.command("ctr", &["version"]))
    })?;
    for image in images.read_dir()? {
        let image = image?.path().display().to_string();
        let import = ["--namespace=k8s.io", "images", "import", &image];
        output(&mut node.command("ctr", &import))?;
    }
    node.run(
        "kubelet",
        &[
            &kubeconfig,
            &format!("--config={}", in_settings("kubelet.yaml")),
            &format!("--cgroup-root=/{}", control_group()),
            &format!("--node-ip={ADDRESS}"),
            "--hostname-override=node",
        ],
    )?;
    node.run(
        "kube-proxy",
        &[
            &kubeconfig,
            "--proxy-mode=nftables",
            "--cluster-cidr=10.244.0.0/16",
            "--hostname-override=node",
            // They belong to the whole machine.
            "--conntrack-max-per-core=0",
            "--conntrack-tcp-timeout-established=0",
            "--conntrack-tcp-timeout-close-wait=0",
        ],
    )?;
    node.wait("the node is known", |node| node.get(&["node", "node"]))?;
    // The policies are its only task.
    node.run(
        "kube-router",
        &[
            &kubeconfig,
            "--hostname-override=node",
            "--run-firewall=true",
            "--run-router=false",
            "--run-service-proxy=false",
            "--run-loadbalancer=false",
            "--enable-cni=false",
            "--service-cluster-ip-range=10.96.0.0/16",
        ],
    )?;
    let with = |flag: &str| kubeconfig.replace("--", &format!("--{flag}-"));
    node.run(
        "metrics-server",
        &[
            &kubeconfig,
            &with("authentication"),
            &with("authorization"),
            "--authentication-tolerate-lookup-failure",
            "--authorization-always-allow-paths=/*",
            "--secure-port=4443",
            "--cert-dir=/run/metrics-server",
            "--kubelet-insecure-tls",
            "--kubelet-preferred-address-types=InternalIP",
            "--metric-resolution=10s",
            "--kubelet-request-timeout=5s",
        ],
    )?;
    run(&mut node.kubectl(&["apply", "--filename", &in_settings("addons.yaml")]))?;
    make_volumes(node)?;
    node.wait("the node is ready", |node| {
        is_true(&node.get(&["node", "node"])?[0], "Ready")
    })?;
    node.wait("names are found", |node| {
        let dns = node.get(&["deployment", "coredns", "--namespace", "kube-system"])?;
        is_true(&dns[0], "Available")
    })
}

/// Folders of the node. A provisioner is not needed for so few.
fn make_volumes(node: &Node) -> anyhow::Result<()> {
    let volume = |number: usize| {
        json!({
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": { "name": format!("folder-{number}") },
            "spec": {
                "capacity": { "storage": "1Gi" },
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "folders",
                "local": { "path": format!("/var/lib/volumes/{number}") },
                "nodeAffinity": { "required": { "nodeSelectorTerms": [{ "matchExpressions": [
                    { "key": "kubernetes.io/hostname", "operator": "In", "values": ["node"] }
                ] }] } }
            }
        })
    };
    let all: Vec<_> = (1..=VOLUMES).map(volume).collect();
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": all }).to_string();
    let script = format!(
        "for number in $(seq {VOLUMES}); do mkdir -p /var/lib/volumes/$number; done
         echo '{list}' | kubectl apply --filename -"
    );
    output(&mut node.command("sh", &["-c", &script])).map(drop)
}

/// Fails when a condition of an object is not met, with what the object says of it.
pub(super) fn is_true(object: &Value, condition: &str) -> anyhow::Result<()> {
    let all = object["status"]["conditions"].as_array();
    let found = all.and_then(|all| all.iter().find(|one| one["type"] == condition));
    let found = found.with_context(|| format!("it has no condition {condition}"))?;
    ensure!(
        found["status"] == "True",
        "{} is not {condition}: {}",
        object["metadata"]["name"],
        found["message"]
    );
    Ok(())
}
