//! The edge as it runs: what lasts as long as the process, and the table of operations, which is replaced
//! while requests go on.

use std::{path::PathBuf, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use http::HeaderValue;
use kit::{
    clock::Clock,
    events::{Consumer, Tail},
    purge::Forget,
    redis::Redis,
    serve::{self, Note, Ready},
};
use tokio_util::sync::CancellationToken;

use crate::{
    App, Config, Service, StartError,
    cache::Store,
    cors,
    credentials::Sessions,
    decisions::Decisions,
    ended::{self, Ended},
    issuers::Issuers,
    once::Once,
    own_origin::OwnOrigin,
    policies,
    record::Record,
    route::Routes,
    shed::Permits,
    signature::Signatures,
    stack,
    table::Table,
    throttle::Throttle,
    usage::Usage,
};

/// How often idle clients are forgotten.
const TIDY_UP: Duration = Duration::from_secs(30);

/// What the layers are made of.
pub struct Gateway {
    shared: Shared,
    table: Arc<ArcSwap<Table>>,
    /// The settings that it started with.
    config: Config,
}

/// What lasts, whatever the table says.
pub(crate) struct Shared {
    pub(crate) record: Record,
    /// The site's, checked.
    pub(crate) origins: Vec<HeaderValue>,
    pub(crate) own_origin: OwnOrigin,
    /// How many proxies in front are believed.
    pub(crate) proxies: u8,
    pub(crate) issuers: Arc<Issuers>,
    pub(crate) signatures: Signatures,
    /// Whose tokens are refused though they have not expired.
    pub(crate) ended: Arc<Ended>,
    /// The general limit, without plans.
    pub(crate) throttle: Option<Throttle>,
    pub(crate) usage: Usage,
    /// None where nothing can be signed.
    pub(crate) once: Option<Once>,
    pub(crate) permits: Permits,
    pub(crate) kept: Option<Arc<Store>>,
    pub(crate) clock: Clock,
    /// Ends the streams that pass.
    pub(crate) stop: CancellationToken,
    /// Where services of other processes say what they have changed.
    redis: Option<Redis>,
}

impl Shared {
    fn new(config: &Config, clock: Clock) -> Result<Self, StartError> {
        let sessions = Sessions::new(&config.session_keys, clock.clone())?;
        let sessions = sessions.map(Arc::new);
        let redis = config.redis.as_ref().map(Redis::new);
        let usage = Usage::new(redis.clone(), clock.clone());
        let origins = cors::origins(config)?;
        let once = || Once::new(redis.clone(), clock.clone());
        let kept = || Arc::new(Store::new(config.cache_bytes));
        Ok(Self {
            record: Record::new(),
            own_origin: OwnOrigin(origins.clone().into()),
            origins,
            proxies: config.proxies,
            issuers: Arc::new(Issuers::new(config, clock.clone())),
            throttle: Throttle::new(config, redis.clone(), usage.clone())?,
            usage,
            ended: Arc::new(Ended::new()),
            once: sessions.is_some().then(once),
            signatures: Signatures {
                sessions,
                clock: clock.clone(),
            },
            permits: Permits::new(config),
            kept: (config.cache_bytes > 0).then(kept),
            clock,
            stop: CancellationToken::new(),
            redis,
        })
    }
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
        let shared = Shared::new(&config, clock)?;
        let table = Table::new(&config, services, &shared, None)?;
        shared.issuers.trust(table.issuer.clone(), &table.issuers);
        let gateway = Arc::new(Self {
            shared,
            table: Arc::new(ArcSwap::from_pointee(table)),
            config,
        });
        gateway.warn();
        Ok(gateway)
    }

    /// Takes over documents, policies, plans, issuers and upstreams, for the requests that come from now on. What
    /// cannot be used is refused as at the start, and changes nothing. Answers that are kept stay, and so
    /// do limits, breakers and connections of what is called as before.
    pub fn reload(&self, config: &Config, services: Vec<Service>) -> Result<(), StartError> {
        let table = Table::new(config, services, &self.shared, Some(&self.table.load()))?;
        let issuers = &self.shared.issuers;
        issuers.trust(table.issuer.clone(), &table.issuers);
        self.table.store(Arc::new(table));
        let fixed = self.config.fixed_that_differ(config);
        if !fixed.is_empty() {
            tracing::warn!(
                settings = fixed.join(", "),
                "changed, which takes a restart"
            );
        }
        self.warn();
        Ok(())
    }

    /// The same with the services of the settings. Tells which files it has read.
    pub fn read_again(&self, config: Config) -> Result<Vec<PathBuf>, String> {
        let config = &config.staged().map_err(|fault| fault.to_string())?;
        let services = config.services()?;
        let reloaded = self.reload(config, services);
        reloaded.map_err(|fault| fault.to_string())?;
        Ok(files(config))
    }

    fn warn(&self) {
        for advice in self.lint() {
            tracing::warn!("policies: {advice}");
        }
    }

    pub(crate) fn issuers(&self) -> &Issuers {
        &self.shared.issuers
    }

    pub(crate) fn decisions(&self) -> &Decisions {
        &self.shared.record.decisions
    }

    /// How many answers are kept, and their bytes.
    pub(crate) fn kept(&self) -> Option<(u64, u64)> {
        self.shared.kept.as_ref().map(|kept| kept.size())
    }

    pub(crate) fn table(&self) -> Arc<Table> {
        self.table.load_full()
    }

    /// The edge as an app, ready to serve.
    pub fn app(&self) -> App {
        App::new(stack::stack(&self.shared, Routes(self.table.clone())))
    }

    /// What makes the policies look like a mistake, beside the documents: a sentence each.
    pub fn lint(&self) -> Vec<String> {
        let table = self.table();
        policies::advice(&table.roles, &table.operations)
    }

    /// Forgets kept answers, for services in this process: they say what they have changed. Answers that
    /// have tags are kept once this was called, or Redis tells of them.
    pub fn forget(&self) -> Arc<Forget> {
        let tags = self.shared.kept.as_ref().map(|kept| kept.tags.clone());
        if let Some(tags) = &tags {
            tags.hear();
        }
        Arc::new(move |tag: Option<&str>| {
            if let Some(tags) = &tags {
                tags.forget(tag);
            }
        })
    }

    /// Hears which sessions have ended, where users are in this process.
    pub fn ended(&self) -> Arc<dyn Consumer> {
        self.shared.ended.clone()
    }

    /// Which canaries were rolled back, and why.
    pub fn note(self: &Arc<Self>) -> Note {
        let gateway = self.clone();
        Arc::new(move || {
            let table = gateway.table();
            let told = table.canaries.iter().filter_map(|canary| {
                let fault = canary.fault()?;
                Some(format!(
                    "the canary of {} was rolled back: {fault}",
                    canary.service
                ))
            });
            let told: Vec<_> = told.collect();
            (!told.is_empty()).then(|| told.join("\n"))
        })
    }

    /// Whether each service has had an address. One that is gone later takes its own operations along,
    /// and no others: an edge that stepped down for it would take all of them.
    pub fn ready(self: &Arc<Self>) -> Ready {
        let gateway = self.clone();
        serve::ready(move || std::future::ready(gateway.table().located()))
    }

    /// Forgets idle clients' token buckets now and then, and kept answers as Redis tells, until `stop`;
    /// then ends the streams, which would go on as long as their readers like.
    pub fn spawn_background(
        self: &Arc<Self>,
        stop: CancellationToken,
    ) -> tokio::task::JoinHandle<()> {
        let gateway = self.clone();
        tokio::spawn(async move {
            let ended = gateway.hear_of_ended(stop.clone());
            let work = async { tokio::join!(gateway.tidy_up(), gateway.listen(), ended) };
            stop.run_until_cancelled(work).await;
            gateway.shared.stop.cancel();
        })
    }

    async fn tidy_up(&self) {
        loop {
            tokio::time::sleep(TIDY_UP).await;
            self.table().forget_idle();
        }
    }

    /// From users in other processes. What they told before this one began is heard, too.
    async fn hear_of_ended(&self, stop: CancellationToken) {
        if let Some(redis) = &self.shared.redis {
            let ended = self.shared.ended.clone();
            let tail = Tail::new(redis, ended::SERVICE, ended::REMEMBERED, ended);
            tail.run(stop).await;
        }
    }

    async fn listen(&self) {
        if let (Some(redis), Some(kept)) = (&self.shared.redis, &self.shared.kept) {
            kept.tags.listen(redis).await;
        }
    }
}

/// The files and folders that these settings name, which are read again when they change.
pub fn files(config: &Config) -> Vec<PathBuf> {
    let folders = [PathBuf::from(&config.documents), config.policies.clone()];
    let folders = folders.into_iter().filter(|it| !it.as_os_str().is_empty());
    folders
        .chain(config.mocks.iter().map(PathBuf::from))
        .collect()
}
