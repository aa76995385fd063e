//! The API gateway: one tower stack whose route table is the services' OpenAPI documents.
//!
//! Reading order: [`stack`] (the whole edge on one page), then a request's moments: `admit`,
//! `identify`, `route`, `throttle`, `permit`, `forward`, `answer`, `record`. [`document`] turns
//! documents into operations; `reference` serves them to people; `keys` holds the issuer's keys.

mod admit;
mod answer;
mod config;
mod cors;
pub mod document;
mod error;
mod forward;
mod identify;
mod keys;
mod permit;
mod record;
mod reference;
mod route;
mod stack;
mod throttle;

use std::{sync::Arc, time::Duration};

use axum::Router;
use kit::{client::Upstream, identity::Minter};
use tokio_util::sync::CancellationToken;

pub use config::{Config, UpstreamConfig};
pub use document::DocumentError;
pub use kit::config::Switch;
pub use reference::openapi;
pub use stack::stack;

use document::{Access, Entry, Table};

/// A service that the edge forwards to.
pub struct Service {
    /// Its name: the audience of its caller tokens, its part of `Server-Timing`, its metrics label.
    pub name: String,
    /// Its OpenAPI 3.1 document, with `x-edge` where the defaults do not fit.
    pub document: serde_json::Value,
    /// Where it is.
    pub upstream: Upstream,
    /// Signs caller tokens with its invoke key.
    pub minter: Minter,
}

/// Why there is no edge.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A document cannot be served.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A setting cannot be used.
    #[error(transparent)]
    Setting(#[from] BadSetting),
}

/// A setting that cannot be used; the sentence names key, value and expected form.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadSetting(String);

/// What all moments share.
pub struct Gateway {
    /// The site's, checked.
    origins: Vec<http::HeaderValue>,
    /// How many proxies in front are believed.
    proxies: u8,
    table: Table,
    keys: keys::Keys,
    throttle: throttle::Throttle,
    places: tokio::sync::Semaphore,
    in_flight: metrics::Gauge,
    unmatched: record::Meters,
    /// Ends the streams that pass.
    stop: CancellationToken,
}

impl Gateway {
    /// Reads the documents. Refuses what would make a route ambiguous or reach inside, and settings
    /// that cannot be used.
    pub fn new(config: Config, services: Vec<Service>) -> Result<Arc<Self>, StartError> {
        let mut documents: Vec<_> = services
            .iter()
            .map(|service| (service.name.clone(), service.document.clone()))
            .collect();
        let own = serde_json::to_value(openapi()).expect("a document serialises");
        documents.push(("edge".to_owned(), own.clone()));
        let merged = document::merge(&documents);

        let issuer = services
            .iter()
            .find(|service| service.name == config.issuer_service);
        let keys = keys::Keys::new(
            issuer.map(|s| (s.upstream.clone(), s.minter.clone())),
            &config,
        );
        let mut entries: Vec<_> = services.into_iter().map(Entry::from).collect();
        entries.push(Entry {
            name: "edge".into(),
            document: own,
            upstream: Upstream::InProcess(reference::app(&merged)),
            minter: None,
        });
        let table = Table::new(entries, &config)?;
        if !keys.has_source() && table.operations().any(|it| it.access != Access::Public) {
            let sentence = "issuer_service: expected a service that publishes the issuer's keys";
            let name = &config.issuer_service;
            return Err(BadSetting(format!("{sentence}, and `{name}` is none")).into());
        }
        Ok(Arc::new(Self {
            keys,
            throttle: throttle::Throttle::new(&config)?,
            origins: cors::origins(&config)?,
            proxies: config.proxies,
            places: tokio::sync::Semaphore::new(config.in_flight),
            in_flight: record::in_flight(),
            unmatched: record::Meters::new("unmatched"),
            stop: CancellationToken::new(),
            table,
        }))
    }

    /// Forgets idle clients' token buckets now and then, until `stop`; then ends the streams, which
    /// would go on as long as their readers like.
    pub fn spawn_background(
        self: &Arc<Self>,
        stop: CancellationToken,
    ) -> tokio::task::JoinHandle<()> {
        let gateway = self.clone();
        tokio::spawn(async move {
            while stop
                .run_until_cancelled(tokio::time::sleep(Duration::from_secs(30)))
                .await
                .is_some()
            {
                gateway.throttle.forget_idle();
                gateway
                    .table
                    .operations()
                    .for_each(|operation| operation.forget_idle());
            }
            gateway.stop.cancel();
        })
    }
}

/// The edge as an app, ready to serve.
pub fn app(gateway: Arc<Gateway>) -> Router {
    Router::new().fallback_service(stack(gateway))
}
