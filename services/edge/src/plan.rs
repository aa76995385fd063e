//! Plans: what members of a group may do in a second and in a day, from the settings. Who has none is
//! limited as everybody is, and not counted.

use std::{collections::BTreeMap, sync::Arc};

use http::HeaderValue;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    BadSetting,
    call::{Call, Identity},
    limit::{Limit, MAX_RATE},
    told,
};

/// What members of some groups may do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanConfig {
    /// The groups whose members have it; in a variable with commas between. Who is in several plans has
    /// the first by name.
    #[serde(deserialize_with = "kit::config::list")]
    pub groups: Vec<String>,
    /// Requests a second that one member may make, over time; 1 to 1000000.
    pub rate_per_s: u32,
    /// Requests that one member may make at once, 1 to 1000000.
    pub burst: u32,
    /// Requests that one member may make in a day (UTC); none for no limit.
    #[serde(default)]
    pub per_day: Option<u64>,
    /// What happens while Redis, which counts for all replicas, is gone.
    #[serde(default)]
    pub without_redis: WithoutRedis,
}

/// What happens to a member's request that cannot be counted for all replicas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WithoutRedis {
    /// Each process counts for itself.
    #[default]
    Process,
    /// It is refused with 503.
    Refuse,
}

/// A plan, checked.
pub(crate) struct Plan {
    /// The name of its buckets.
    pub(crate) bucket: Arc<str>,
    pub(crate) limit: Arc<Limit>,
    pub(crate) per_day: Option<u64>,
    pub(crate) without_redis: WithoutRedis,
    /// What its members are told of it.
    pub(crate) policy: HeaderValue,
    groups: Vec<String>,
}

/// All plans, by name.
#[derive(Clone, Default)]
pub(crate) struct Plans(Arc<[Arc<Plan>]>);

impl Plans {
    /// Buckets go over from those `before`.
    pub(crate) fn new(
        plans: &BTreeMap<String, PlanConfig>,
        before: Option<&Self>,
    ) -> Result<Self, BadSetting> {
        let plan = |(name, config): (&String, &PlanConfig)| {
            let limit = Limit::new(config.rate_per_s.into(), config.burst).ok_or_else(|| {
                BadSetting(format!(
                    "plans.{name}: expected rate_per_s from 1 to {MAX_RATE} and a burst of 1 or more"
                ))
            })?;
            if config.groups.is_empty() {
                return Err(BadSetting(format!(
                    "plans.{name}.groups: expected one or more"
                )));
            }
            let bucket: Arc<str> = format!("plan:{name}").into();
            let mut known = before.into_iter().flat_map(|plans| &*plans.0);
            let known = known.find(|known| known.bucket == bucket);
            Ok(Arc::new(Plan {
                bucket,
                policy: told::policy(&limit, config.per_day),
                limit: limit.or_same(known.map(|known| &known.limit)),
                per_day: config.per_day,
                without_redis: config.without_redis,
                groups: config.groups.clone(),
            }))
        };
        Ok(Self(plans.iter().map(plan).collect::<Result<_, _>>()?))
    }

    /// The plan of who calls, and who that is.
    pub(crate) fn of<'a>(&self, call: &'a Call) -> Option<(&Arc<Plan>, &'a Identity)> {
        let user = call.counted().filter(|_| !self.0.is_empty())?;
        let mut plans = self.0.iter();
        let plan = plans.find(|plan| {
            let mut groups = plan.groups.iter();
            groups.any(|group| user.groups.iter().any(|own| **own == **group))
        });
        Some((plan?, user))
    }

    pub(crate) fn forget_idle(&self) {
        self.0.iter().for_each(|plan| plan.limit.forget_idle());
    }
}
