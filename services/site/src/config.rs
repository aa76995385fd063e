//! The settings of the site.

use std::path::PathBuf;

use kit::{program::ServiceConfig, serve};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Settings of the site.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder with the built storefront; it may appear and be replaced while the site runs.
    #[schema(value_type = String)]
    pub root: PathBuf,
    /// The file that answers for a folder.
    pub index_document: String,
    /// The file that is answered, with status 404, where there is no other.
    pub error_document: String,
    /// The file that answers for paths without a file extension: the storefront finds its way
    /// from there. The status is 404 where `routes.json` has no such page. Empty for none.
    pub fallback_document: String,
    /// How many connections one address may have open; more are closed at once. 0 for no limit, behind a
    /// proxy that all clients come by.
    pub client_connections: usize,
    /// The API's port on the host by which the visitor reached the site, while `api_url` is unset.
    #[serde(deserialize_with = "kit::config::within::<1, 65_535, _, _>")]
    pub edge_port: u16,
    /// The API's origin, e.g. `https://api.example.com`, where it is not beside the site.
    pub api_url: Option<String>,
    /// The origin of the bucket that the browsers of staff send pictures to, e.g. `https://garden.s3.eu-central-1.amazonaws.com`,
    /// where the catalog keeps them in one.
    pub uploads_url: Option<String>,
}

impl ServiceConfig for Config {
    const NAME: &'static str = "site";
    const PORT: u16 = 3000;
    const MAX_HEAD: usize = serve::MAX_HEAD;
}

impl Default for Config {
    fn default() -> Self {
        Self {
            root: "web/build".into(),
            index_document: "index.html".into(),
            error_document: "404.html".into(),
            fallback_document: "200.html".into(),
            client_connections: serve::CLIENT_CONNECTIONS,
            edge_port: 8080,
            api_url: None,
            uploads_url: None,
        }
    }
}
