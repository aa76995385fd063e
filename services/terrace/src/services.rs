//! The services of the shop, as `services.toml` lists them.

use std::sync::LazyLock;

use serde::Deserialize;

/// What the file says of a service; what it says to others alone is left out.
#[derive(Deserialize)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// Whether it owns a database.
    #[serde(default)]
    pub(crate) database: bool,
    /// Whom it calls.
    #[serde(default)]
    pub(crate) calls: Vec<String>,
    /// Its keys and channels on Redis.
    pub(crate) redis: Option<String>,
}

/// All of them.
pub(crate) fn services() -> &'static [Service] {
    static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| {
        #[derive(Deserialize)]
        struct File {
            service: Vec<Service>,
        }
        let file: File =
            toml::from_str(include_str!("../services.toml")).expect("the file is a list");
        file.service
    });
    &SERVICES
}

/// The names of those that call others, or are called.
pub(crate) fn in_calls() -> impl Iterator<Item = &'static str> {
    let calls = || services().iter().flat_map(|service| &service.calls);
    let all = services().iter();
    let found = all.filter(move |it| !it.calls.is_empty() || calls().any(|name| *name == it.name));
    found.map(|service| service.name.as_str())
}
