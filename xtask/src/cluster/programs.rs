//! What the node runs: Kubernetes and its company, built from the Go modules of `k8s/cluster` when
//! they are not there, and Debian's programs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use serde_json::Value;

use super::{output, settings};
use crate::{
    needs,
    run::{run, succeeds},
};

/// The names by which `kube` is called.
const KUBERNETES: [&str; 7] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
];

/// The other programs, each with its package.
const COMPANY: [(&str, &str); 3] = [
    ("coredns", "./dns"),
    (
        "kube-router",
        "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router",
    ),
    (
        "metrics-server",
        "sigs.k8s.io/metrics-server/cmd/metrics-server",
    ),
];

/// The module of the Gateway API.
const GATEWAY: &str = "sigs.k8s.io/gateway-api@v1.4.1";

/// What is built from.
const SOURCES: [&str; 4] = ["go.mod", "go.sum", "kube/main.go", "dns/main.go"];

/// The folder of the programs; all that the lane needs is there.
pub(super) fn ready(target: &Path) -> anyhow::Result<PathBuf> {
    if !succeeds(Command::new("sh").args(["-c", "test $(uname) = Linux && test $(id -u) = 0"])) {
        bail!("a node of Kubernetes needs Linux and root: run this as root");
    }
    needs::cluster()?;
    let programs = target.join("bin");
    let (built, sources) = (target.join("built"), sources()?);
    if fs::read_to_string(&built).is_ok_and(|built| built == sources) {
        return Ok(programs);
    }
    println!("Kubernetes is built, once: it takes 20 minutes of a processor and 3 GB of memory.");
    fs::create_dir_all(&programs)?;
    let format = ["list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes"];
    let version = output(&mut go(&format))?;
    let version = format!("-X k8s.io/component-base/version.gitVersion={version}");
    build(&programs.join("kube"), "./kube", &version)?;
    for name in KUBERNETES {
        let link = programs.join(name);
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink("kube", link)?;
    }
    for (name, package) in COMPANY {
        build(&programs.join(name), package, "")?;
    }
    fs::write(built, sources)?;
    Ok(programs)
}

/// The definitions of the Gateway API, as its module has them.
pub(super) fn gateway_definitions() -> anyhow::Result<PathBuf> {
    let told = output(&mut go(&["mod", "download", "-json", GATEWAY]))?;
    let told: Value = serde_json::from_str(&told)?;
    let folder = told["Dir"].as_str().context("Go tells where it is")?;
    Ok(Path::new(folder).join("config/crd/standard"))
}

fn build(program: &Path, package: &str, variables: &str) -> anyhow::Result<()> {
    let flags = format!("-s -w {}", variables.trim());
    let mut build = go(&["build", "-trimpath", "-ldflags", &flags, "-o"]);
    // Static: it runs in an image of its own, too.
    run(build.arg(program).arg(package).env("CGO_ENABLED", "0"))
}

fn go(arguments: &[&str]) -> Command {
    let mut go = Command::new("go");
    go.args(arguments).current_dir(settings());
    go
}

fn sources() -> anyhow::Result<String> {
    let mut all = String::new();
    for file in SOURCES {
        let file = settings().join(file);
        all += &fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    }
    Ok(all)
}
