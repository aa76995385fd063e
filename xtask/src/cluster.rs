//! `cargo xtask test cluster`: the manifests on a real Kubernetes of one node, which is made for the
//! test on this machine and leaves nothing behind. `k8s/cluster` has what the node is made of.
//!
//! Reading order: `node`, `kubernetes`, `manifests`, `network`, `upkeep`.

mod images;
mod kubernetes;
mod manifests;
mod network;
mod node;
mod programs;
mod upkeep;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, bail};

use self::{
    manifests::{SHOP, address},
    node::Node,
};
use crate::{
    drill::shoppers,
    run::{cargo, command, output, root, run},
    test::{SUITE, visit_by},
    up::Release,
};

/// Makes the cluster, opens the shop in it, and takes everything away at the end.
pub(crate) fn test() -> anyhow::Result<()> {
    let target = root().join("target/cluster");
    fs::create_dir_all(&target)?;
    let lock = File::create(target.join("lock"))?;
    if lock.try_lock().is_err() {
        bail!("another cluster is tested in {}", target.display());
    }
    let bin = programs::ready(&target)?;
    let logs = target.join("logs");
    let mut node = Node::start(&bin, &logs)?;
    let tested = test_in(&target, &mut node, &bin);
    tested
        .inspect_err(|_| node.keep_logs_of_pods())
        .with_context(|| format!("{} has what the programs said", logs.display()))
}

fn test_in(target: &Path, node: &mut Node, bin: &Path) -> anyhow::Result<()> {
    let clock = Clock(Instant::now());
    let (built, shoppers) = build()?;
    let manifests = copy_manifests(target, &built)?;
    clock.says("programs and manifests are there");

    kubernetes::start_control_plane(node)?;
    clock.says("the API server is ready");
    let production = manifests.join("overlays/production");
    manifests::accept_production(node, &programs::gateway_definitions()?, &production)?;
    clock.says("the overlay `production` is accepted");

    let shop = manifests.join("cluster/shop");
    let images = target.join("images");
    let [postgres, redis] = ["postgres", "redis"].map(|name| image(node, &shop, name));
    images::pack(&images, bin, &built.programs, &postgres?, &redis?)?;
    clock.says("the images are packed");
    kubernetes::start_node(node, &images)?;
    fs::remove_dir_all(images)?;
    clock.says("the node is ready");

    manifests::apply(node, &shop)?;
    manifests::wait_until_open(node)?;
    clock.says("the shop is open, without a restart");
    let data = target.join("data");
    fs::create_dir_all(&data)?;
    let mut accounts = node.kubectl(&SHOP);
    accounts.args(["exec", "deployment/users", "--", "users", "demo-accounts"]);
    fs::write(data.join("demo-accounts.json"), output(&mut accounts)?)?;
    let (api, site) = (address(node, "edge")?, address(node, "site")?);
    network::check(node)?;
    clock.says("the network is as the map says");
    // Shoppers account for every order that there is: they come first.
    upkeep::check(node, &shoppers, &api, &site, &data)?;
    clock.says("rolled out, drained, scaled up and down");
    let mut cargo = node.in_network("cargo");
    visit_by(cargo.current_dir(root()), &api, &site, &data)?;
    clock.says("visitors bought");
    manifests::has_not_restarted(node)
}

/// The programs of the shop, its pages, the suite of its visitors, and its shoppers: what is built later
/// finds no registry, in the network of the node.
fn build() -> anyhow::Result<(Release, PathBuf)> {
    let built = Release::build(root(), &root().join("target"), false)?;
    run(&mut command(&built.program("terrace"), &["storefront"]))?;
    run(cargo(&SUITE).arg("--no-run"))?;
    Ok((built, shoppers::build("drill")?))
}

/// The manifests with secrets of their own: a developer may have others in the folder of the project.
fn copy_manifests(target: &Path, built: &Release) -> anyhow::Result<PathBuf> {
    let copy = target.join("k8s");
    let _ = fs::remove_dir_all(&copy);
    output(command("cp", &["-r", "k8s"]).arg(&copy))?;
    let secrets = copy.join("overlays/local/secrets");
    let _ = fs::remove_dir_all(&secrets);
    let into = secrets.display().to_string();
    run(&mut command(
        &built.program("terrace"),
        &["secrets", "--into", &into],
    ))?;
    Ok(copy)
}

/// The image of this name, with its tag, that a folder of manifests asks for.
fn image(node: &Node, folder: &Path, name: &str) -> anyhow::Result<String> {
    let rendered = output(&mut node.kubectl(&["kustomize", &folder.display().to_string()]))?;
    let prefix = format!("image: {name}:");
    let line = rendered
        .lines()
        .find(|line| line.trim().starts_with(&prefix));
    let (_, image) = line
        .and_then(|line| line.split_once(": "))
        .with_context(|| format!("no {name} is asked for"))?;
    Ok(image.to_owned())
}

/// What the node is made of.
fn settings() -> PathBuf {
    root().join("k8s/cluster")
}

/// Tells how long it took.
struct Clock(Instant);

impl Clock {
    fn says(&self, what: &str) {
        println!("\n[{:3} s] {what}", self.0.elapsed().as_secs());
    }
}
