//! The services of a shop: their ports, how many processes each has, and their settings.

use std::{fs, net::TcpListener, path::Path};

use super::{Up, network::Network, release::Release};
use crate::{
    run::root,
    services::{callers_of, names, neighbours_of, owners, services},
};

/// An earlier release writes no letters, and refuses settings for them.
pub(super) const LETTERS: &str = "services/users/src/letter.rs";

/// An earlier release exports nothing, so that its users call nobody and its notices are not called.
const KEEPERS: &str = "services/users/src/keepers.rs";

/// Where every process is: its port and its admin port, by service.
pub(super) struct Ports {
    all: Vec<(&'static str, Vec<(u16, u16)>)>,
    /// Whether each service is a host of its own.
    apart: bool,
}

impl Ports {
    pub(super) fn choose(options: &Up) -> anyhow::Result<Self> {
        let mut chosen = Vec::new();
        // All are held until all are known, so that they differ.
        let mut held = Vec::new();
        let mut free = || {
            let listener = TcpListener::bind(("127.0.0.1", 0))?;
            let port = listener.local_addr()?.port();
            held.push(listener);
            anyhow::Ok(port)
        };
        for listed in services() {
            let service = listed.name.as_str();
            let port = match service {
                "edge" => options.edge_port,
                "site" => options.site_port,
                _ => listed.port,
            };
            let mut ports = Vec::new();
            for n in 0..options.number_of(service) {
                ports.push(match n == 0 && !options.free_ports {
                    true => (port, listed.admin_port()),
                    false => (free()?, free()?),
                });
            }
            chosen.push((service, ports));
        }
        Ok(Self {
            all: chosen,
            apart: options.apart,
        })
    }

    pub(super) fn of(&self, service: &str) -> &[(u16, u16)] {
        let found = self.all.iter().find(|(name, _)| *name == service);
        &found.expect("every service has ports").1
    }

    /// The address of a service's host.
    pub(super) fn host(&self, service: &str) -> String {
        match self.apart {
            true => Network::address(service),
            false => "127.0.0.1".to_owned(),
        }
    }

    /// Every process by name, with its port and its admin port.
    pub(super) fn processes(&self) -> impl Iterator<Item = (String, (u16, u16))> {
        let named = |(service, ports): &(&str, Vec<_>)| {
            let service = service.to_string();
            let ports = ports.clone().into_iter().enumerate();
            ports.map(move |(n, ports)| (name_of(&service, n), ports))
        };
        self.all.iter().flat_map(named)
    }

    /// The admin addresses of all processes, with commas between.
    pub(super) fn admin_urls(&self) -> String {
        let urls = self.all.iter().flat_map(|(service, ports)| {
            let host = self.host(service);
            ports
                .iter()
                .map(move |(_, admin)| format!("http://{host}:{admin}"))
        });
        urls.collect::<Vec<_>>().join(",")
    }

    /// The addresses of all processes of a service, as a setting names them.
    pub(super) fn urls(&self, scheme: &str, service: &str) -> String {
        let host = self.host(service);
        let urls = self.of(service).iter();
        let urls = urls.map(|(port, _)| format!("{scheme}://{host}:{port}"));
        urls.collect::<Vec<_>>().join(",")
    }
}

/// What the nth process of a service is called, from 0 on.
pub(super) fn name_of(service: &str, n: usize) -> String {
    match n {
        0 => service.to_owned(),
        n => format!("{service}-{}", n + 1),
    }
}

/// The settings of a service of a release, but for its ports.
pub(super) fn settings(
    options: &Up,
    release: &Release,
    service: &str,
    up: &Path,
    secrets: &Path,
    ports: &Ports,
) -> Vec<(String, String)> {
    let mut settings = Settings::default();
    let own = |file: &str| secrets.join(service).join(file).display().to_string();
    let (edge, site) = (ports.of("edge")[0].0, ports.of("site")[0].0);
    settings.set("LOG_LEVEL", &options.log_level);
    if owners().contains(&service) {
        let file = up.join(format!("{service}.db"));
        settings.set("STORE", format!("sqlite:{}", file.display()));
    }
    let exports = release.has(KEEPERS);
    if !callers_of(service).is_empty() {
        settings.set("INVOKE_KEYS_FILE", own("invoke_keys"));
    }
    // Nobody called it before.
    if service == "notices" && !exports {
        settings.unset("INVOKE_KEYS_FILE");
    }
    if options.mtls && (service == "edge" || !callers_of(service).is_empty()) {
        settings.set("IDENTITY_AUTHORITY", own("identity_authority.pem"));
        settings.set("IDENTITY_CERTIFICATE", own("identity.pem"));
        settings.set("IDENTITY_KEY", own("identity.pem"));
        settings.set("CALLERS", callers_of(service).join(","));
    }
    let prefix = if service == "edge" { "UPSTREAMS__" } else { "" };
    let calls = service != "users" || exports;
    // An earlier release may not have it yet.
    let there = |name: &&String| release.has(&format!("services/{name}"));
    for name in neighbours_of(service)
        .iter()
        .filter(|_| calls)
        .filter(there)
    {
        let key = format!("{prefix}{}", name.to_uppercase());
        let scheme = if options.mtls { "https" } else { "http" };
        settings.set(format!("{key}__URL"), ports.urls(scheme, name));
        let file = own(&format!("{name}_invoke_key"));
        settings.set(format!("{key}__INVOKE_KEY_FILE"), file);
    }
    match service {
        "users" => {
            settings.set("SIGNING_KEY_FILE", own("signing_key"));
            if release.has(LETTERS) {
                settings.set("LETTER_KEYS_FILE", own("letter_keys"));
            }
            settings.set("DEMO_ACCOUNTS", own("demo_accounts.json"));
            settings.set("ISSUER", format!("http://localhost:{edge}"));
        }
        "notices" => {
            settings.set("LETTER_KEYS_FILE", own("letter_keys"));
            settings.set("MAIL", format!("file:{}", up.join("outbox").display()));
            settings.set("SITE", format!("http://localhost:{site}"));
        }
        "reports" => settings.set("PSEUDONYM_KEY_FILE", own("pseudonym_key")),
        "catalog" => settings.set("IMAGES", up.join("images").display()),
        "edge" => {
            let origins = format!("http://localhost:{site},http://127.0.0.1:{site}");
            settings.set("ORIGINS", origins);
            settings.set("ISSUER", format!("http://localhost:{edge}"));
            settings.set("DOCUMENTS", release.documents.display());
            // An earlier release knows of no temporary credentials, and refuses a setting for them.
            let document = fs::read_to_string(release.documents.join("edge.json"));
            if document.is_ok_and(|document| document.contains("/v1/me/credentials")) {
                settings.set("SESSION_KEYS_FILE", own("session_keys"));
            }
            settings.set("THROTTLE", if options.no_throttle { "off" } else { "on" });
        }
        "site" => {
            settings.set("ROOT", root().join("web/build").display());
            settings.set("EDGE_PORT", edge);
        }
        _ => {}
    }
    settings.0
}

#[derive(Default)]
struct Settings(Vec<(String, String)>);

impl Settings {
    fn set(&mut self, key: impl ToString, value: impl ToString) {
        self.0.push((key.to_string(), value.to_string()));
    }

    fn unset(&mut self, key: &str) {
        self.0.retain(|(its, _)| its != key);
    }
}

/// Reads `orders=2`.
pub(super) fn replicas(text: &str) -> Result<(String, usize), String> {
    let parts = text.split_once('=').and_then(|(service, number)| {
        let number = number.parse().ok()?;
        let known = names().contains(&service);
        (known && (1..=9).contains(&number)).then(|| (service.to_owned(), number))
    });
    parts.ok_or_else(|| {
        let names = names().join(", ");
        format!("expected <service>=<1 to 9>, one of {names}")
    })
}
