//! The API gateway: one tower stack whose route table is the services' OpenAPI documents.
//!
//! Reading order: [`stack`] (the whole edge on one page: what every request passes, and what an
//! operation adds), `middleware` (how a layer is written), then the layers in their order, a file
//! each: `record`, `cors`, `sanitise`, `identify`, `route`; `deprecation`, `head`, `throttle`, `body_limit`, `signed_body`,
//! `permit`, `own_origin`, `whole`, `validate`, `cache`, `once`, `shed`, `compress`, `conditional`, `stream`,
//! `base_path`, `forward`. What they share: `call` (one request), `operation` (what a document says), `policies` (who
//! may call what; `explain` says why), `mock` (answers from examples), `limit` (token buckets), `plan`,
//! `usage` and `told` (what members of groups may do, have done and are told of it), `load` (what a service
//! can carry), `issuers`, `issuer` and `keys` (who issues access tokens), `signature` and `credentials` (signed requests), `meters`. [`document`]
//! turns documents into operations; `reference` serves them to
//! people, `create_credentials` and `exchange_token` give out credentials.

mod admin;
mod authorise;
mod base_path;
mod body_limit;
mod cache;
mod call;
mod canary;
mod compress;
mod conditional;
mod config;
mod cors;
mod create_credentials;
mod credentials;
mod decisions;
mod deprecation;
pub mod document;
mod ended;
mod error;
mod exchange_token;
mod explain;
mod forward;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod gateway;
mod get_sdk;
mod head;
mod hop_by_hop;
mod identify;
mod issuer;
mod issuers;
mod keys;
mod limit;
mod load;
mod meters;
mod middleware;
mod mock;
mod once;
mod operation;
mod own_origin;
mod permit;
mod plan;
mod policies;
mod record;
mod reference;
mod route;
mod sanitise;
mod self_test;
mod shed;
mod signature;
mod signed_body;
mod stack;
mod stage;
mod stream;
mod table;
mod throttle;
mod told;
mod usage;
mod validate;
mod whole;

use std::{path::Path, sync::Arc};

use axum::Router;
use client::Upstream;
use kit::identity::Minter;

pub use canary::CanaryConfig;
pub use config::{Config, UpstreamConfig};
pub use document::DocumentError;
pub use explain::Question;
pub use gateway::{Gateway, files};
pub use issuer::IssuerConfig;
pub use kit::config::Switch;
pub use plan::{PlanConfig, WithoutRedis};
pub use policies::PoliciesError;
pub use reference::openapi;
pub use route::Built as App;
pub use stage::StageConfig;

/// A service that the edge forwards to.
#[derive(Clone)]
pub struct Service {
    /// Its name: the audience of its caller tokens, its part of `Server-Timing`, its metrics label.
    pub name: String,
    /// Its OpenAPI 3.1 document, with `x-edge` where the defaults do not fit.
    pub document: serde_json::Value,
    /// Where it is.
    pub upstream: Upstream,
    /// Signs caller tokens with its invoke key; none for a mock.
    pub minter: Option<Minter>,
}

impl Service {
    /// A service of which there is only the document, in this file called `<service>.json`: its
    /// operations are answered from their examples.
    pub fn mock(file: &Path) -> Result<Self, String> {
        let document = config::read_document(file).map_err(|fault| format!("mocks: {fault}"))?;
        let name = file.file_stem().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| format!("mocks: {}: has no name", file.display()))?;
        Ok(Self {
            name: name.to_owned(),
            upstream: Upstream::InProcess(mock::app(&document)),
            document,
            minter: None,
        })
    }
}

/// Why the edge cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A document cannot be served.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The policies cannot be used.
    #[error(transparent)]
    Policies(#[from] PoliciesError),
    /// A setting cannot be used.
    #[error(transparent)]
    Setting(#[from] BadSetting),
}

/// A setting that cannot be used; the sentence names key, value and expected form.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadSetting(String);

/// The edge as an app, ready to serve.
pub fn app(gateway: &Gateway) -> App {
    gateway.app()
}

/// The operations page, for the admin port.
pub fn admin(gateway: &Arc<Gateway>) -> Router {
    admin::app(gateway)
}
