//! What a shop in containers promises, looked at from inside and outside.

use std::{collections::BTreeSet, fs};

use anyhow::{Context, bail, ensure};

use super::{
    containers::{Compose, Container, docker},
    names, scratch,
};
use crate::{
    run::{command, output},
    services::{Service, callers_of, names as all_services, owners, services},
};

/// What some services are shown beside keys, store and Redis.
const OWN_SECRETS: [(&str, &[&str]); 4] = [
    ("edge", &["session_keys"]),
    (
        "users",
        &["demo_accounts.json", "letter_keys", "signing_key"],
    ),
    ("notices", &["letter_keys", "mail"]),
    ("reports", &["pseudonym_key", "reader"]),
];

/// The secrets that a service is shown.
fn secrets_of(service: &Service) -> Vec<String> {
    let own = OWN_SECRETS.iter().find(|(name, _)| *name == service.name);
    let own = own.map_or(&[][..], |(_, secrets)| secrets);
    let mut secrets: Vec<String> = own.iter().map(|it| it.to_string()).collect();
    let has = [
        ("invoke_keys", !callers_of(&service.name).is_empty()),
        ("store", service.database),
        ("redis", service.redis),
    ];
    let has = has.into_iter().filter(|(_, has)| *has);
    secrets.extend(has.map(|(secret, _)| secret.to_owned()));
    let keys = service.calls.iter();
    secrets.extend(keys.map(|called| format!("{called}_invoke_key")));
    secrets.sort();
    secrets
}

/// What a service may add to its base.
const MAX_SERVICE: u64 = 40_000_000;

/// What the whole shop in one program may add: it has the code of all services, and the pages.
const MAX_SHOP: u64 = 80_000_000;

/// Fails with the first promise that is not kept.
pub(crate) fn inspect(compose: &Compose) -> anyhow::Result<()> {
    let containers = compose.containers()?;
    let orders = containers.iter().filter(|it| it.service() == "orders");
    ensure!(orders.count() == 2, "orders runs once");
    for listed in services() {
        let (service, secrets) = (listed.name.as_str(), secrets_of(listed));
        let own: Vec<_> = containers
            .iter()
            .filter(|c| c.service() == service)
            .collect();
        ensure!(!own.is_empty(), "{service} does not run");
        for container in own {
            is_confined(container).context(service)?;
            sees_just(container, &secrets).context(service)?;
        }
    }
    for container in &containers {
        is_bounded(container).context(container.service().to_owned())?;
    }
    publishes_only_edge_and_site(&containers)?;
    databases_are_private(compose, &containers)
}

/// Healthy, nobody's rights, nothing to write to.
fn is_confined(container: &Container) -> anyhow::Result<()> {
    let is = |pointer: &str, wanted: serde_json::Value| {
        let found = container.at(pointer);
        ensure!(*found == wanted, "{pointer} is {found}, not {wanted}");
        Ok(())
    };
    is("/State/Health/Status", "healthy".into())?;
    is("/Config/User", "65532:65532".into())?;
    is("/HostConfig/ReadonlyRootfs", true.into())?;
    is("/HostConfig/Privileged", false.into())?;
    is("/HostConfig/CapDrop", vec!["ALL"].into())?;
    let added = container.at("/HostConfig/CapAdd").as_array();
    ensure!(added.is_none_or(Vec::is_empty), "it is given {added:?}");
    is(
        "/HostConfig/SecurityOpt",
        vec!["no-new-privileges:true"].into(),
    )?;
    is("/HostConfig/RestartPolicy/Name", "unless-stopped".into())
}

/// Can take the machine neither all its memory nor all its processes.
fn is_bounded(container: &Container) -> anyhow::Result<()> {
    for limit in ["/HostConfig/Memory", "/HostConfig/PidsLimit"] {
        let found = container.at(limit).as_u64().unwrap_or_default();
        ensure!(found > 0, "{limit} is {found}: there is no limit");
    }
    Ok(())
}

/// The secrets that the container can read are these.
fn sees_just(container: &Container, secrets: &[String]) -> anyhow::Result<()> {
    let folder = scratch()?;
    let copy = folder.join("secrets");
    let from = format!("{}:/run/secrets", container.id());
    let found = match docker(&["cp", &from, &copy.display().to_string()]) {
        Ok(_) => names(&copy.join("terrace"))?,
        Err(_) if secrets.is_empty() => Vec::new(),
        Err(fault) => return Err(fault),
    };
    fs::remove_dir_all(folder)?;
    ensure!(found == secrets, "it is shown {found:?}, not {secrets:?}");
    Ok(())
}

fn publishes_only_edge_and_site(containers: &[Container]) -> anyhow::Result<()> {
    let mut published = BTreeSet::new();
    for container in containers {
        for port in container.keys("/NetworkSettings/Ports") {
            let pointer = format!("/NetworkSettings/Ports/{}", port.replace('/', "~1"));
            for binding in container.at(&pointer).as_array().into_iter().flatten() {
                ensure!(
                    binding["HostIp"] == "127.0.0.1",
                    "{} publishes {port} on {}",
                    container.service(),
                    binding["HostIp"]
                );
                published.insert(format!("{} {port}", container.service()));
            }
        }
    }
    let wanted = BTreeSet::from(["edge 8080/tcp".to_owned(), "site 3000/tcp".to_owned()]);
    ensure!(published == wanted, "published is {published:?}");
    Ok(())
}

/// Each service reaches its own database and nobody else's, and is no superuser of it; asked by address: a name that is not
/// in one's network takes long to be not found.
fn databases_are_private(compose: &Compose, containers: &[Container]) -> anyhow::Result<()> {
    let mut hosts = Vec::new();
    for owner in owners() {
        let superusers = "pg_roles where rolname = current_user and rolsuper";
        ensure!(
            compose.count(owner, superusers)? == 0,
            "{owner} is a superuser"
        );
        let name = format!("postgres-{owner}");
        let server = containers.iter().find(|c| c.service() == name);
        let server = server.with_context(|| format!("there is no {name}"))?;
        let [network] = server.keys("/NetworkSettings/Networks")[..] else {
            bail!("{name} is not in one network alone");
        };
        let address = server.at(&format!("/NetworkSettings/Networks/{network}/IPAddress"));
        let address = address.as_str().filter(|address| !address.is_empty());
        hosts.push((
            owner,
            address.with_context(|| format!("{name} has no address"))?,
        ));
    }
    let image = compose.one("postgres-users")?;
    let image = image.at("/Config/Image").as_str().unwrap_or_default();
    // Asked from within the service's own network, by a program that its image does not have.
    let ask = "for host; do pg_isready --quiet --timeout 1 --host $host && echo $host; done; true";
    for service in all_services() {
        let network = format!("container:{}", compose.one(service)?.id());
        let mut asking = command("docker", &["run", "--rm", "--network", &network]);
        asking.args(["--entrypoint", "sh", image, "-c", ask, "sh"]);
        let reached = output(asking.args(hosts.iter().map(|(_, host)| host)))?;
        let own = hosts.iter().filter(|(owner, _)| *owner == service);
        let own: Vec<_> = own.map(|(_, host)| *host).collect();
        ensure!(
            reached.lines().eq(own.iter().copied()),
            "{service} reaches {reached:?}, not {own:?}"
        );
    }
    Ok(())
}

/// What each image adds to its base, a line each.
pub(crate) fn sizes() -> anyhow::Result<String> {
    let mut lines = Vec::new();
    for image in all_services().into_iter().chain(["terrace"]) {
        let name = format!("terrace/{image}:dev");
        let format = "{{.Size}} {{.CreatedBy}}";
        let history = docker(&[
            "history",
            "--human=false",
            "--no-trunc",
            "--format",
            format,
            &name,
        ])?;
        let mut added = 0;
        for line in history.lines() {
            let (size, by) = line.split_once(' ').context("a line of docker history")?;
            added += size.parse::<u64>()?;
            // The first thing that ours do after their base.
            if by.contains("USER 65532:65532") {
                break;
            }
        }
        let most = if image == "terrace" {
            MAX_SHOP
        } else {
            MAX_SERVICE
        };
        ensure!(
            added <= most,
            "{name} adds {added} bytes to its base, and may {most}"
        );
        lines.push(format!("  {image:9} {:5.1} MB", added as f64 / 1e6));
    }
    Ok(lines.join("\n"))
}
