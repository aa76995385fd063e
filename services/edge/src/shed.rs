//! Reads who calls; answers 503 with `Retry-After` when too many requests wait for their answer's head,
//! and 429 when too many of one client's do. Stands inside of the gates: what is refused, and what has not
//! come whole, takes no permit.

use std::sync::Arc;

use axum::extract::Request;
use kit::{
    http::Problem,
    share::{Share, Shares},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    Config, Switch,
    call::Call,
    error::too_many_requests,
    limit::Client,
    meters,
    middleware::{Before, Middleware},
};

/// How many users at one address may each use all that a client may: a household, an office.
const USERS_AN_ADDRESS: usize = 4;

/// Permits for requests in flight.
#[derive(Clone)]
pub(crate) struct Shed {
    all: Arc<Semaphore>,
    of_client: Arc<Shares<Client>>,
    of_address: Arc<Shares<Client>>,
}

/// One of the permits of all, and the client's shares of them.
pub(crate) struct InFlight {
    _permit: OwnedSemaphorePermit,
    _client: Share<Client>,
    _address: Share<Client>,
}

impl Shed {
    pub(crate) fn new(config: &Config) -> Self {
        let of_client = match config.throttle {
            Switch::On => config.client_in_flight,
            Switch::Off => usize::MAX,
        };
        Self {
            all: Arc::new(Semaphore::new(config.in_flight)),
            of_client: Shares::new(of_client),
            of_address: Shares::new(of_client.saturating_mul(USERS_AN_ADDRESS)),
        }
    }

    /// A try, never a queue: when no permit is left, waiting would only add to the overload.
    fn enter(&self, call: &Call) -> Result<InFlight, Problem> {
        // Accounts are free: a user's share alone would be as many shares as somebody signs up for.
        let client = self.of_client.take(Client::of(call));
        let address = self.of_address.take(Client::at(call.address));
        let (Some(_client), Some(_address)) = (client, address) else {
            meters::refused("client_in_flight");
            return Err(too_many_requests(1));
        };
        match self.all.clone().try_acquire_owned() {
            Ok(_permit) => Ok(InFlight {
                _permit,
                _client,
                _address,
            }),
            Err(_) => {
                meters::refused("overload");
                Err(Problem::unavailable().detail("The shop is overloaded."))
            }
        }
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
}
