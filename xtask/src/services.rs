//! The services of the shop, as `services/terrace/services.toml` lists them.

use std::{fs, sync::LazyLock};

use toml_edit::{DocumentMut, Table};

use crate::run::root;

/// The list, below the workspace's folder.
pub(crate) const FILE: &str = "services/terrace/services.toml";

/// A service.
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) port: u16,
    /// Whether it owns a database.
    pub(crate) database: bool,
    /// Whom it calls.
    pub(crate) calls: Vec<String>,
    /// Whether it is a user of Redis.
    pub(crate) redis: bool,
    /// The features by which it is a function of AWS; none where it is not.
    pub(crate) function: Vec<String>,
    pub(crate) stops: Stops,
}

/// When a service stops: nobody may be gone before those who call it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stops {
    First,
    Middle,
    Last,
}

impl Service {
    /// Where health and metrics are.
    pub(crate) fn admin_port(&self) -> u16 {
        self.port + 1000
    }
}

/// All services.
pub(crate) fn services() -> &'static [Service] {
    static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| {
        let text = fs::read_to_string(root().join(FILE)).expect("the list can be read");
        parse(&text)
    });
    &SERVICES
}

/// The names of all services.
pub(crate) fn names() -> Vec<&'static str> {
    named(services().iter())
}

/// The names of those that own a database.
pub(crate) fn owners() -> Vec<&'static str> {
    named(services().iter().filter(|service| service.database))
}

/// The names of those that use Redis.
pub(crate) fn redis_users() -> Vec<&'static str> {
    named(services().iter().filter(|service| service.redis))
}

/// Those that run as functions of AWS.
pub(crate) fn functions() -> impl Iterator<Item = &'static Service> {
    let all = services().iter();
    all.filter(|service| !service.function.is_empty())
}

/// Who calls this service. Of the edge and the site only the outside does.
pub(crate) fn callers_of(name: &str) -> Vec<&'static str> {
    let calls = |it: &&Service| it.calls.iter().any(|called| called == name);
    named(services().iter().filter(calls))
}

/// Whom this service calls.
pub(crate) fn neighbours_of(name: &str) -> &'static [String] {
    let found = services().iter().find(|service| service.name == name);
    found.map_or(&[], |service| &service.calls)
}

fn named(found: impl Iterator<Item = &'static Service>) -> Vec<&'static str> {
    found.map(|service| service.name.as_str()).collect()
}

/// Reads the list. It is the project's own: a fault in it is a defect.
pub(crate) fn parse(text: &str) -> Vec<Service> {
    let file: DocumentMut = text.parse().expect("the list is TOML");
    let all = file["service"].as_array_of_tables();
    let all = all.expect("the list has `[[service]]`").iter();
    all.map(Service::from).collect()
}

impl From<&Table> for Service {
    fn from(table: &Table) -> Self {
        let text = |key: &str| table.get(key).and_then(|it| it.as_str());
        let name = text("name").expect("a service has a name").to_owned();
        let port = table.get("port").and_then(|it| it.as_integer());
        let list = |key: &str| {
            let all = table.get(key).and_then(|it| it.as_array());
            let all = all.into_iter().flatten().filter_map(|it| it.as_str());
            all.map(str::to_owned).collect()
        };
        Self {
            port: port.and_then(|it| it.try_into().ok()).expect("and a port"),
            database: table.get("database").and_then(|it| it.as_bool()) == Some(true),
            calls: list("calls"),
            redis: text("redis").is_some(),
            function: list("function"),
            stops: match text("stops") {
                Some("first") => Stops::First,
                Some("middle") => Stops::Middle,
                _ => Stops::Last,
            },
            name,
        }
    }
}
