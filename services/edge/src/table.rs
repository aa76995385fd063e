//! What documents, policies and plans come to: the part of the edge that is replaced while it runs.
//! What was learnt goes over to the next one: connections and breakers of a service, limits of an
//! operation.

use std::{sync::Arc, time::Duration};

use client::Upstream;
use kit::identity::Minter;
use policy::Roles;

use crate::{
    BadSetting, Config, Service, StartError,
    canary::{Canary, CanaryConfig},
    document::{self, Entry},
    exchange_token::Exchange,
    gateway::Shared,
    get_sdk::Sdks,
    issuer::Issuer,
    issuers,
    load::Load,
    operation::{Access, Operation, Target},
    plan::Plans,
    policies, reference,
    route::Paths,
    self_test::self_test,
    stack::{self, Gates},
    throttle::Throttle,
};

/// Every operation, ready to serve.
pub(crate) struct Table {
    pub(crate) paths: Paths,
    pub(crate) operations: Vec<Arc<Operation>>,
    /// Who may call what.
    pub(crate) roles: Arc<Roles>,
    /// Who publishes the keys that our own access tokens are verified with.
    pub(crate) issuer: Option<(Upstream, Minter)>,
    /// Who else issues access tokens.
    pub(crate) issuers: Vec<Arc<Issuer>>,
    /// The settings that it was made of.
    pub(crate) config: Config,
    /// New versions of services.
    pub(crate) canaries: Vec<Arc<Canary>>,
    throttle: Option<Throttle>,
}

impl Table {
    /// Of these services. What is there `before` goes on where it is the same.
    pub(crate) fn new(
        config: &Config,
        mut services: Vec<Service>,
        shared: &Shared,
        before: Option<&Self>,
    ) -> Result<Self, StartError> {
        for service in &mut services {
            let known = before.and_then(|it| it.target(&service.name));
            if let Some(known) = known {
                service.upstream.keep(&known.upstream);
            }
        }
        let issuer = services.iter();
        let issuer = issuer.filter(|service| service.name == config.issuer_service);
        let issuer = issuer
            .filter_map(|it| Some((it.upstream.clone(), it.minter.clone()?)))
            .next();
        let issuers = issuers::others(config, before.map_or(&[], |it| &it.issuers))?;
        let roles = Arc::new(policies::load(&config.policies)?);
        let entries = entries(services, Sdks::read(&config.sdks)?, shared);
        let operations = document::operations(entries, config, before)?;
        let all = || {
            let methods = operations.values().flatten();
            methods.map(|(_, operation)| operation)
        };
        // What the edge itself has for staff nobody needs.
        let mut behind = all().filter(|operation| operation.target.minter.is_some());
        if issuer.is_none() && behind.any(|it| it.access != Access::Public) {
            let sentence = "issuer_service: expected a service that publishes the issuer's keys";
            let name = &config.issuer_service;
            return Err(BadSetting(format!("{sentence}, and `{name}` is none")).into());
        }
        let plans = before.and_then(|it| it.throttle.as_ref());
        let plans = Plans::new(&config.plans, plans.map(|it| &it.plans))?;
        let throttle = shared.throttle.as_ref();
        let throttle = throttle.map(|general| general.with(plans));
        let gates = Gates {
            shared,
            throttle: throttle.as_ref(),
            roles: &roles,
        };
        let canaries = canaries(config, all().map(|it| &it.target), before)?;
        let stacks = operations.iter().map(|(template, methods)| {
            let built = methods.iter().map(|(method, operation)| {
                let stack = stack::of_operation(method, operation, &gates);
                let is_behind = operation.target.minter.is_some();
                let mut own = canaries.iter().filter(|_| is_behind);
                let own = own.find(|canary| canary.service == operation.target.name);
                let stack = match own {
                    Some(canary) => {
                        let next = Arc::new(canary.arm(operation));
                        canary.split(stack, stack::of_operation(method, &next, &gates))
                    }
                    None => stack,
                };
                (method.clone(), stack)
            });
            (template.clone(), built.collect())
        });
        let refusing = |refusal| stack::of_refusal(refusal, throttle.as_ref());
        let telling = |methods| stack::of_options(methods, throttle.as_ref());
        let paths = Paths::new(stacks.collect(), refusing, telling)?;
        let methods = operations.values().flatten();
        self_test(&paths, methods.map(|(method, it)| (method, &**it)))?;
        Ok(Self {
            paths,
            operations: all().cloned().collect(),
            roles,
            issuer,
            issuers,
            config: config.clone(),
            canaries,
            throttle,
        })
    }

    /// The operation of this id. One without an id is not known again: others may have none as well.
    pub(crate) fn operation(&self, id: &str) -> Option<&Arc<Operation>> {
        let mut named = self.operations.iter().filter(|_| !id.is_empty());
        named.find(|it| *it.id == *id)
    }

    /// The service of this name.
    pub(crate) fn target(&self, name: &str) -> Option<&Arc<Target>> {
        let mut targets = self.operations.iter().map(|it| &it.target);
        targets.find(|it| *it.name == *name && it.minter.is_some())
    }

    /// Whether each service has had an address.
    pub(crate) fn located(&self) -> Result<(), String> {
        let mut targets = self.operations.iter().map(|it| &it.target);
        targets.try_for_each(|target| {
            let located = target.upstream.located();
            located.map_err(|fault| format!("{}: {fault}", target.name))
        })
    }

    pub(crate) fn forget_idle(&self) {
        self.throttle.iter().for_each(Throttle::forget_idle);
        let own = self.operations.iter().flat_map(|it| &it.limit);
        own.for_each(|limit| limit.forget_idle());
    }
}

/// The new versions of services. One that was there `before` goes on, also when it was rolled back.
fn canaries<'a>(
    config: &Config,
    targets: impl Iterator<Item = &'a Arc<Target>> + Clone,
    before: Option<&Table>,
) -> Result<Vec<Arc<Canary>>, StartError> {
    let canary = |(service, own): (&String, &CanaryConfig)| {
        let fault =
            |what: String| BadSetting(format!("stages.{}.canaries.{service}{what}", config.stage));
        let mut stable = targets.clone().filter(|it| it.minter.is_some());
        let stable = stable.find(|it| *it.name == **service);
        let stable = stable.ok_or_else(|| fault(": expected the name of a service".to_owned()))?;
        let known = before.into_iter().flat_map(|table| &table.canaries);
        let mut known = known.filter(|it| *it.service == **service);
        let known = known.find(|it| it.stage == config.stage && it.config == *own);
        if let Some(known) = known {
            return Ok(known.clone());
        }
        let bad_url = |bad: &dyn std::fmt::Display| fault(format!(".url: {bad}"));
        let addresses = own.url.parse();
        let addresses = addresses.map_err(|bad: client::BadAddresses| bad_url(&bad))?;
        let upstream = Upstream::reach(service, addresses, config.identity.as_ref());
        let upstream = upstream.map_err(|unfit| bad_url(&unfit))?;
        let load = Load::new(config.in_flight, Duration::from_millis(config.queue_ms));
        Ok(Canary::new(&config.stage, own, upstream, load, stable))
    };
    config.canaries().map(canary).collect()
}

/// The services, and what the edge answers itself.
fn entries(services: Vec<Service>, sdks: Sdks, shared: &Shared) -> Vec<Entry> {
    let sessions = &shared.signatures.sessions;
    let own = reference::document(sessions.is_some());
    let documents = services.iter();
    let mut documents: Vec<_> = documents
        .map(|service| (service.name.clone(), service.document.clone()))
        .collect();
    documents.push(("edge".to_owned(), own.clone()));
    let merged = document::merge(&documents);
    let exchange = sessions.clone().map(|sessions| Exchange {
        issuers: shared.issuers.clone(),
        sessions,
    });
    let app = reference::app(merged, sdks, shared.usage.clone(), exchange);
    let mut entries: Vec<_> = services.into_iter().map(Entry::from).collect();
    entries.push(Entry {
        name: "edge".into(),
        document: own,
        upstream: Upstream::InProcess(app),
        minter: None,
    });
    entries
}
