//! Reads nothing; answers 503 with `Retry-After` when too many requests wait for their answer's
//! head. Stands before any work.

use std::sync::Arc;

use axum::extract::Request;
use kit::http::Problem;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    meters,
    middleware::{Before, Middleware},
};

/// Permits for requests in flight.
#[derive(Clone)]
pub(crate) struct Shed(Arc<Semaphore>);

impl Shed {
    pub(crate) fn new(in_flight: usize) -> Self {
        Self(Arc::new(Semaphore::new(in_flight)))
    }
}

impl Middleware for Shed {
    type Kept = OwnedSemaphorePermit;

    fn before(&self, request: Request) -> Before<OwnedSemaphorePermit> {
        // A try, never a queue: when no permit is left, waiting would only add to the overload.
        match self.0.clone().try_acquire_owned() {
            Ok(permit) => Before::Pass(request, permit),
            Err(_) => {
                meters::refused("overload");
                Before::Refuse(Problem::unavailable().detail("The shop is overloaded."))
            }
        }
    }
}
