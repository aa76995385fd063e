//! Reads who calls; answers 503 with `Retry-After` when too many requests wait for their answer's head, in
//! all or at the operation's service, and 429 when too many of one client's do. What the document
//! gives a high priority is shed last. Stands inside of the gates: what is refused, and what has not
//! come whole, takes no permit.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use axum::{extract::Request, response::Response};
use kit::{
    http::Problem,
    share::{Share, Shares},
};

use crate::{
    Config, Switch,
    call::Call,
    error::too_many_requests,
    limit::Client,
    load::{Load, Priority, Running, Usual},
    meters,
    middleware::{Before, Middleware},
    operation::Operation,
};

/// How many users at one address may each use all that a client may: a household, an office.
const USERS_AN_ADDRESS: usize = 4;

/// What all operations share of it.
#[derive(Clone)]
pub(crate) struct Permits {
    all: Arc<AtomicUsize>,
    limit: usize,
    of_client: Arc<Shares<Client>>,
    of_address: Arc<Shares<Client>>,
}

/// Permits for requests in flight, of one operation.
#[derive(Clone)]
pub(crate) struct Shed {
    permits: Permits,
    load: Arc<Load>,
    priority: Priority,
    usual: Arc<Usual>,
}

/// One of all requests in flight.
struct OneOfAll(Arc<AtomicUsize>);

/// One of the permits of all, the client's shares of them, and what the service has to do.
pub(crate) struct InFlight {
    _all: OneOfAll,
    _client: Share<Client>,
    _address: Share<Client>,
    running: Running,
}

impl Permits {
    pub(crate) fn new(config: &Config) -> Self {
        let of_client = match config.throttle {
            Switch::On => config.client_in_flight,
            Switch::Off => usize::MAX,
        };
        Self {
            all: Arc::default(),
            limit: config.in_flight,
            of_client: Shares::new(of_client),
            of_address: Shares::new(of_client.saturating_mul(USERS_AN_ADDRESS)),
        }
    }

    fn take_one(&self, priority: Priority) -> Option<OneOfAll> {
        let before = self.all.fetch_add(1, Relaxed);
        // Dropped, it is given back.
        let one = OneOfAll(self.all.clone());
        (before < priority.part_of(self.limit)).then_some(one)
    }
}

impl Drop for OneOfAll {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Shed {
    pub(crate) fn new(permits: &Permits, operation: &Operation) -> Self {
        Self {
            permits: permits.clone(),
            load: operation.target.load.clone(),
            priority: operation.priority,
            usual: operation.usual.clone(),
        }
    }

    /// A try, never a queue: when no permit is left, waiting would only add to the overload.
    fn enter(&self, call: &Call) -> Result<InFlight, Problem> {
        // Accounts are free: a user's share alone would be as many shares as somebody signs up for.
        let client = self.permits.of_client.take(Client::of(call));
        let address = self.permits.of_address.take(Client::at(call.address));
        let (Some(_client), Some(_address)) = (client, address) else {
            meters::refused("client_in_flight");
            return Err(too_many_requests(1));
        };
        let overloaded = |limit| {
            meters::refused(limit);
            Problem::unavailable().detail("The shop is overloaded.")
        };
        let _all = self.permits.take_one(self.priority);
        let _all = _all.ok_or_else(|| overloaded("overload"))?;
        let running = self.load.enter(self.priority, &self.usual);
        Ok(InFlight {
            _all,
            _client,
            _address,
            running: running.ok_or_else(|| overloaded("upstream"))?,
        })
    }
}

impl Middleware for Shed {
    type Kept = InFlight;

    fn before(&self, request: Request) -> Before<InFlight> {
        match self.enter(Call::of(&request)) {
            Ok(permits) => Before::Pass(request, permits),
            Err(refusal) => Before::Refuse(refusal),
        }
    }

    fn after(permits: InFlight, answer: Response) -> Response {
        permits.running.answered(answer.status());
        answer
    }
}
