//! One operation of a service, as its document describes it.

use std::{sync::Arc, time::Duration};

use client::Upstream;
use kit::identity::Minter;

use crate::{
    cache,
    canary::Arm,
    deprecation::Deprecation,
    limit::Limit,
    load::{Load, Priority, Usual},
    meters::Meters,
    validate,
};

/// Everything that the layers of an operation need to know of it.
#[derive(Clone)]
pub(crate) struct Operation {
    /// The operation's id, one word per use case.
    pub(crate) id: Arc<str>,
    /// The path template, for metrics and logs.
    pub(crate) template: Arc<str>,
    /// What policies name: `arn:terrace:execute-api:local:shop:v1/GET/orders/{id}`.
    pub(crate) arn: Arc<str>,
    /// Which proof of identity it needs; who may call, the policies say.
    pub(crate) access: Access,
    /// How long the service may take until its answer's head.
    pub(crate) timeout: Duration,
    /// Whether the edge may repeat a call without a body of which it does not know whether it was
    /// carried out: only what may be carried out twice.
    pub(crate) retry: bool,
    /// The largest request body, in bytes.
    pub(crate) body_limit: usize,
    /// Whether a signed request may come with a body that is not signed.
    pub(crate) unsigned_payload: bool,
    /// Whether its answer goes on until somebody ends it.
    pub(crate) stream: bool,
    /// Whether its answers are compressed for those who accept it.
    pub(crate) compress: bool,
    /// Whether it reads cookies; all others never see one.
    pub(crate) cookies: bool,
    /// Whether it is shed before or after others.
    pub(crate) priority: Priority,
    /// What its document says of requests, where that can be checked.
    pub(crate) rules: Option<Arc<validate::Rules>>,
    /// Its own limit for each client, tighter than the general one.
    pub(crate) limit: Option<Arc<Limit>>,
    /// How its answers are kept, if they are.
    pub(crate) cache: Option<cache::rules::Rules>,
    /// The tags of what it changes.
    pub(crate) purge: Vec<Arc<str>>,
    /// Which version of its service that is.
    pub(crate) arm: Arm,
    /// What its callers are told when it is deprecated.
    pub(crate) deprecation: Option<Deprecation>,
    /// How many bytes of its path the service does not know.
    pub(crate) base_path: usize,
    /// The service that carries it out.
    pub(crate) target: Arc<Target>,
    /// How long it takes in quiet times.
    pub(crate) usual: Arc<Usual>,
    /// What is measured of it.
    pub(crate) meters: Meters,
}

/// Who may call an operation, as its `security` tells clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody.
    Public,
    /// Any signed-in user.
    User,
    /// Members of one of these groups.
    Groups(Arc<[String]>),
}

impl Access {
    /// Whether it admits a signed-in user in these groups.
    pub(crate) fn admits<'a>(&self, groups: impl IntoIterator<Item = &'a str>) -> bool {
        let mut own = groups.into_iter();
        match self {
            Self::Public | Self::User => true,
            Self::Groups(groups) => own.any(|own| groups.iter().any(|group| group == own)),
        }
    }

    /// The groups that it names.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &str> {
        let groups = match self {
            Self::Public | Self::User => &[],
            Self::Groups(groups) => &**groups,
        };
        groups.iter().map(String::as_str)
    }
}

/// A service as its operations know it.
pub(crate) struct Target {
    /// Its name.
    pub(crate) name: Box<str>,
    /// Where it is.
    pub(crate) upstream: Upstream,
    /// How much it has to do.
    pub(crate) load: Arc<Load>,
    /// Signs its caller tokens; none for what the edge answers itself.
    pub(crate) minter: Option<Minter>,
}
