//! Reads who calls; answers 429 with `Retry-After`. A client is a user, or an address where the
//! operation is public, whatever token comes along: accounts are free. Each has a generous token bucket for
//! everything and a tight one where a document asks for it. Stands outside of every refusal, so that
//! guessing is limited too.
//!
//! Who has a plan is that user everywhere, and has the plan's bucket in place of the generous one; their
//! requests are counted by the day, and they are told what is left.
//!
//! With Redis the buckets are shared by all replicas. Without, or while it is gone, each process
//! has its own: a client may then do as much at each replica, and no request fails for it, unless its plan
//! says so.

use std::{sync::Arc, time::Duration};

use axum::{extract::Request, response::Response};
use kit::{
    http::Problem,
    redis::{Gone, Redis},
};
use uuid::Uuid;

use crate::{
    BadSetting, Config, Switch,
    call::Call,
    error::{quota_exceeded, too_many_requests},
    limit::{Client, Empty, Limit, MAX_RATE, SharedBuckets},
    meters,
    middleware::{Before, Middleware},
    operation::{Access, Operation},
    plan::{Plan, Plans, WithoutRedis},
    told::{Told, tell_refusal},
    usage::{Usage, UsedUp},
};

/// How long a refusal takes.
const PACE: Duration = Duration::from_millis(100);

/// A limit, and what its buckets are called.
type Named = (Arc<str>, Arc<Limit>);

/// The limits of one operation, or of all that is no operation.
#[derive(Clone)]
pub(crate) struct Throttle {
    general: Named,
    own: Option<Named>,
    pub(crate) plans: Plans,
    usage: Usage,
    shared: Option<Arc<SharedBuckets>>,
    by_address: bool,
}

/// A user with a plan.
struct Member {
    plan: Arc<Plan>,
    user: Uuid,
}

impl Throttle {
    /// The general limit alone; none where the settings switch it off.
    pub(crate) fn new(
        config: &Config,
        redis: Option<Redis>,
        usage: Usage,
    ) -> Result<Option<Self>, BadSetting> {
        let general = Limit::new(config.client_rate_per_s.into(), config.client_burst);
        let general = general.ok_or_else(|| {
            let (rate, burst) = (config.client_rate_per_s, config.client_burst);
            BadSetting(format!(
                "client_rate_per_s, client_burst: expected a rate from 1 to {MAX_RATE} and a burst of 1 \
                 or more, not {rate} and {burst}"
            ))
        })?;
        let throttle = Self {
            general: ("all".into(), Arc::new(general)),
            own: None,
            plans: Plans::default(),
            usage,
            shared: redis.map(|redis| Arc::new(SharedBuckets::new(redis))),
            by_address: true,
        };
        Ok(Some(throttle).filter(|_| config.throttle == Switch::On))
    }

    /// The same with plans.
    pub(crate) fn with(&self, plans: Plans) -> Self {
        Self {
            plans,
            ..self.clone()
        }
    }

    /// The same for an operation, with a limit of its own.
    pub(crate) fn of(&self, operation: &Operation) -> Self {
        let own = operation.limit.as_ref();
        Self {
            own: own.map(|limit| (operation.id.clone(), limit.clone())),
            by_address: operation.access == Access::Public,
            ..self.clone()
        }
    }

    pub(crate) fn forget_idle(&self) {
        self.general.1.forget_idle();
        self.plans.forget_idle();
    }

    /// Takes what a request of nobody in particular costs this client.
    pub(crate) async fn charge(&self, client: Client) -> Result<(), Problem> {
        self.charge_member(client, None).await.map(drop)
    }

    async fn charge_member(
        &self,
        client: Client,
        member: Option<Member>,
    ) -> Result<Option<Box<Told>>, Problem> {
        let Some(shared) = &self.shared else {
            return self.charge_here(client, member);
        };
        match self.charge_in(shared, client, &member).await {
            Ok(charged) => charged,
            Err(fault) => {
                let plan = member.as_ref().map(|member| member.plan.without_redis);
                if plan == Some(WithoutRedis::Refuse) {
                    meters::refused("uncounted");
                    return Err(Problem::unavailable().because(fault));
                }
                meters::limited_alone();
                tracing::debug!(%fault, "this process limits alone");
                self.charge_here(client, member)
            }
        }
    }

    fn charge_here(
        &self,
        client: Client,
        member: Option<Member>,
    ) -> Result<Option<Box<Told>>, Problem> {
        let mut left = 0;
        for (at, (_, limit)) in self.limits(member.as_ref()).enumerate() {
            let taken = limit.take(&client);
            let taken =
                taken.map_err(|wait| self.slow_down(member.as_ref(), Empty { at, wait }))?;
            left = if at == 0 { taken } else { left };
        }
        member.map_or(Ok(None), |Member { plan, user }| {
            let count = self.usage.count_here(user, plan.per_day);
            self.counted(&plan, left, count).map(Some)
        })
    }

    async fn charge_in(
        &self,
        shared: &SharedBuckets,
        client: Client,
        member: &Option<Member>,
    ) -> Result<Result<Option<Box<Told>>, Problem>, Gone> {
        let limits = self.limits(member.as_ref());
        let left = match shared.take(&client, limits).await? {
            Ok(left) => left,
            Err(empty) => return Ok(Err(self.slow_down(member.as_ref(), empty))),
        };
        let Some(Member { plan, user }) = member else {
            return Ok(Ok(None));
        };
        let count = self.usage.count_in(&shared.redis, *user, plan.per_day);
        let counted = self.counted(plan, left, count.await?);
        Ok(counted.map(Some))
    }

    /// The buckets of which a request takes a token each.
    fn limits<'a>(
        &'a self,
        member: Option<&'a Member>,
    ) -> impl Iterator<Item = (&'a str, &'a Limit)> {
        let general = member.map_or((&*self.general.0, &*self.general.1), |member| {
            (&*member.plan.bucket, &*member.plan.limit)
        });
        let own = self.own.as_ref().map(|(name, limit)| (&**name, &**limit));
        [general].into_iter().chain(own)
    }

    /// What a member is told of a request that was counted.
    fn counted(
        &self,
        plan: &Plan,
        left: u32,
        count: Result<u64, UsedUp>,
    ) -> Result<Box<Told>, Problem> {
        let rest = self.usage.rest_of_today();
        match count {
            Ok(count) => Ok(Box::new(Told::new(plan, left, count, rest))),
            Err(UsedUp) => {
                meters::refused("quota");
                let problem = quota_exceeded(rest.as_secs());
                Err(Told::used_up(plan, left, rest).with(problem))
            }
        }
    }

    fn slow_down(&self, member: Option<&Member>, empty: Empty) -> Problem {
        meters::refused("client");
        let problem = too_many_requests(empty.wait.as_secs() + 1);
        let mut limits = self.limits(member);
        match limits.nth(empty.at) {
            Some((name, limit)) => tell_refusal(problem, name, limit, empty.wait),
            None => problem,
        }
    }
}

/// The refusal, in a while: a client that asks on all the same is refused no faster than that on each of
/// its connections, and leaves the machine to others.
async fn paced<T>(refusal: Problem) -> Result<T, Problem> {
    tokio::time::sleep(PACE).await;
    Err(refusal)
}

impl Middleware for Throttle {
    type Kept = Option<Box<Told>>;

    fn before(&self, request: Request) -> Before<Self::Kept> {
        let call = Call::of(&request);
        let member = self.plans.of(call).map(|(plan, user)| Member {
            plan: plan.clone(),
            user: user.subject,
        });
        let client = match &member {
            Some(member) => Client::User(member.user),
            None if self.by_address => Client::at(call.address),
            None => Client::of(call),
        };
        if self.shared.is_none() {
            return match self.charge_here(client, member) {
                Ok(told) => Before::Pass(request, told),
                Err(refusal) => Before::Wait(Box::pin(paced(refusal))),
            };
        }
        let throttle = self.clone();
        Before::Wait(Box::pin(async move {
            match throttle.charge_member(client, member).await {
                Ok(told) => Ok((request, told)),
                Err(refusal) => paced(refusal).await,
            }
        }))
    }

    fn after(told: Option<Box<Told>>, answer: Response) -> Response {
        match told {
            Some(told) => told.to(answer),
            None => answer,
        }
    }
}
