//! The API gateway: one tower stack whose route table is the services' OpenAPI documents.
//!
//! Reading order: [`stack`] (the whole edge on one page: what every request passes, and what an
//! operation adds), `middleware` (how a layer is written), then the layers in their order, a file
//! each: `record`, `cors`, `sanitise`, `identify`, `route`; `head`, `throttle`, `body_limit`, `signed_body`,
//! `permit`, `own_origin`, `whole`, `validate`, `cache`, `once`, `shed`, `compress`, `conditional`, `stream`,
//! `forward`. What they share: `call` (one request), `operation` (what a document says), `policies` (who
//! may call what; `explain` says why), `mock` (answers from examples), `limit` (token buckets), `plan`,
//! `usage` and `told` (what members of groups may do, have done and are told of it), `load` (what a service
//! can carry), `keys` (the issuer's), `signature` and `credentials` (signed requests), `meters`. [`document`]
//! turns documents into operations; `reference` serves them to
//! people, `create_credentials` and `exchange_token` give out credentials.

mod authorise;
mod body_limit;
mod cache;
mod call;
mod compress;
mod conditional;
mod config;
mod cors;
mod create_credentials;
mod credentials;
pub mod document;
mod error;
mod exchange_token;
mod explain;
mod forward;
mod head;
mod hop_by_hop;
mod identify;
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
mod shed;
mod signature;
mod signed_body;
mod stack;
mod stream;
mod throttle;
mod told;
mod usage;
mod validate;
mod whole;

use std::{path::Path, sync::Arc, time::Duration};

use client::Upstream;
use kit::{
    clock::Clock,
    identity::Minter,
    purge::Forget,
    redis::Redis,
    serve::{self, Ready},
};
use tokio_util::sync::CancellationToken;

pub use config::{Config, UpstreamConfig};
pub use document::DocumentError;
pub use explain::Question;
pub use kit::config::Switch;
pub use plan::{PlanConfig, WithoutRedis};
pub use policies::PoliciesError;
pub use reference::openapi;
pub use route::Built as App;

use document::Entry;
use operation::{Access, Operation};

/// How often idle clients are forgotten.
const TIDY_UP: Duration = Duration::from_secs(30);

/// A service that the edge forwards to.
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

/// What the layers are made of.
pub struct Gateway {
    record: record::Record,
    /// The site's, checked.
    origins: Vec<http::HeaderValue>,
    /// How many proxies in front are believed.
    proxies: u8,
    keys: Arc<keys::Keys>,
    signatures: signature::Signatures,
    throttle: Option<throttle::Throttle>,
    kept: Option<Arc<cache::Store>>,
    /// Where services of other processes say what they have changed.
    redis: Option<Redis>,
    routes: route::Routes,
    operations: Vec<Arc<Operation>>,
    /// Who may call what.
    roles: Arc<policy::Roles>,
    /// Ends the streams that pass.
    stop: CancellationToken,
}

impl Gateway {
    /// Reads the documents. Refuses what would make a route ambiguous or reach inside, and settings
    /// that cannot be used.
    pub fn new(config: Config, services: Vec<Service>) -> Result<Arc<Self>, StartError> {
        Self::with_clock(config, services, Clock::default())
    }

    /// The same by another clock.
    pub fn with_clock(
        config: Config,
        services: Vec<Service>,
        clock: Clock,
    ) -> Result<Arc<Self>, StartError> {
        let mut documents: Vec<_> = services
            .iter()
            .map(|service| (service.name.clone(), service.document.clone()))
            .collect();
        let sessions = credentials::Sessions::new(&config.session_keys, clock.clone())?;
        let own = reference::document(sessions.is_some());
        documents.push(("edge".to_owned(), own.clone()));
        let merged = document::merge(&documents);

        let issuer = services
            .iter()
            .find(|service| service.name == config.issuer_service);
        let keys = keys::Keys::new(
            issuer.and_then(|s| Some((s.upstream.clone(), s.minter.clone()?))),
            &config,
            clock.clone(),
        );
        let redis = config.redis.as_ref().map(Redis::new);
        let usage = usage::Usage::new(redis.clone(), clock.clone());
        let keys = Arc::new(keys);
        let sessions = sessions.map(Arc::new);
        let exchange = sessions.clone().map(|sessions| exchange_token::Exchange {
            keys: keys.clone(),
            sessions,
        });
        let roles = Arc::new(policies::load(&config.policies)?);
        let mut entries: Vec<_> = services.into_iter().map(Entry::from).collect();
        entries.push(Entry {
            name: "edge".into(),
            document: own,
            upstream: Upstream::InProcess(reference::app(&merged, usage.clone(), exchange)),
            minter: None,
        });
        let operations = document::operations(entries, &config)?;
        let all = || {
            operations
                .values()
                .flatten()
                .map(|(_, operation)| operation)
        };
        // What the edge itself has for staff nobody needs.
        let mut services = all().filter(|operation| operation.target.minter.is_some());
        if !keys.has_source() && services.any(|it| it.access != Access::Public) {
            let sentence = "issuer_service: expected a service that publishes the issuer's keys";
            let name = &config.issuer_service;
            return Err(BadSetting(format!("{sentence}, and `{name}` is none")).into());
        }
        let throttle = throttle::Throttle::new(&config, redis.clone(), usage)?;
        let rules = all().filter_map(|operation| operation.cache.as_ref());
        let tags = cache::tags::Tags::new(rules.flat_map(|rules| &rules.tags));
        let kept = cache::Store::new(config.cache_bytes, tags);
        let kept = (config.cache_bytes > 0).then(|| Arc::new(kept));
        let origins = cors::origins(&config)?;
        let gates = stack::Gates {
            throttle: throttle.clone(),
            own_origin: own_origin::OwnOrigin(origins.clone().into()),
            once: sessions
                .is_some()
                .then(|| once::Once::new(redis.clone(), clock.clone())),
            permits: shed::Permits::new(&config),
            kept: kept.clone(),
            roles: roles.clone(),
            clock: clock.clone(),
        };
        let stop = CancellationToken::new();
        let stacks = operations.iter().map(|(template, methods)| {
            let built = methods.iter().map(|(method, operation)| {
                let stack = stack::of_operation(method, operation, &gates, &stop);
                (method.clone(), stack)
            });
            (template.clone(), built.collect())
        });
        let refusing = |refusal| stack::of_refusal(refusal, throttle.as_ref());
        let telling = |methods| stack::of_options(methods, throttle.as_ref());
        let gateway = Arc::new(Self {
            routes: route::Routes::new(stacks.collect(), refusing, telling)?,
            record: record::Record::new(),
            origins,
            proxies: config.proxies,
            keys,
            signatures: signature::Signatures { sessions, clock },
            operations: all().cloned().collect(),
            roles,
            throttle,
            kept,
            redis,
            stop,
        });
        for advice in gateway.lint() {
            tracing::warn!("policies: {advice}");
        }
        Ok(gateway)
    }

    /// What makes the policies look like a mistake, beside the documents: a sentence each.
    pub fn lint(&self) -> Vec<String> {
        policies::advice(&self.roles, &self.operations)
    }

    /// Forgets kept answers, for services in this process: they say what they have changed. Answers that
    /// have tags are kept once this was called, or Redis tells of them.
    pub fn forget(&self) -> Arc<Forget> {
        let tags = self.kept.as_ref().map(|kept| kept.tags.clone());
        if let Some(tags) = &tags {
            tags.hear();
        }
        Arc::new(move |tag: Option<&str>| {
            if let Some(tags) = &tags {
                tags.forget(tag);
            }
        })
    }

    /// Whether each service has had an address. One that is gone later takes its own operations along,
    /// and no others: an edge that stepped down for it would take all of them.
    pub fn ready(self: &Arc<Self>) -> Ready {
        let gateway = self.clone();
        serve::ready(move || {
            let mut targets = gateway.operations.iter().map(|it| &it.target);
            let located = targets.try_for_each(|target| {
                let located = target.upstream.located();
                located.map_err(|fault| format!("{}: {fault}", target.name))
            });
            std::future::ready(located)
        })
    }

    /// Forgets idle clients' token buckets now and then, and kept answers as Redis tells, until `stop`;
    /// then ends the streams, which would go on as long as their readers like.
    pub fn spawn_background(
        self: &Arc<Self>,
        stop: CancellationToken,
    ) -> tokio::task::JoinHandle<()> {
        let gateway = self.clone();
        tokio::spawn(async move {
            let work = async { tokio::join!(gateway.tidy_up(), gateway.listen()) };
            stop.run_until_cancelled(work).await;
            gateway.stop.cancel();
        })
    }

    async fn tidy_up(&self) {
        loop {
            tokio::time::sleep(TIDY_UP).await;
            self.forget_idle();
        }
    }

    async fn listen(&self) {
        if let (Some(redis), Some(kept)) = (&self.redis, &self.kept) {
            kept.tags.listen(redis).await;
        }
    }

    fn forget_idle(&self) {
        self.throttle
            .iter()
            .for_each(|general| general.forget_idle());
        let own = self
            .operations
            .iter()
            .flat_map(|operation| &operation.limit);
        own.for_each(|limit| limit.forget_idle());
    }
}

/// The edge as an app, ready to serve.
pub fn app(gateway: &Gateway) -> App {
    App::new(stack::stack(gateway))
}
