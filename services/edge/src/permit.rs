//! Reads who calls; answers 401, 403, and 503 when that cannot be verified now. The operation's document
//! says whether a user must be signed in, the policies say who may. Stands before the operations that are
//! not open to everybody. Services check again: the edge is the first line, not the only one.

use std::sync::Arc;

use axum::extract::Request;
use http::{HeaderValue, header};
use kit::{
    clock::Clock,
    http::{Problem, kinds},
};
use policy::{Decision, Roles};

use crate::{
    authorise::Authoriser,
    call::{Call, Who},
    ended::Ended,
    error::{forbidden, invalid_token, session_policy},
    middleware::{Before, Middleware},
    operation::{Access, Operation},
    policies::INVOKE,
};

/// Lets those in who may call.
#[derive(Clone)]
pub(crate) struct Permit {
    access: Access,
    authoriser: Authoriser,
    ended: Arc<Ended>,
}

impl Permit {
    /// None where everybody may call, whoever they are.
    pub(crate) fn new(
        operation: &Operation,
        roles: &Arc<Roles>,
        ended: &Arc<Ended>,
        clock: &Clock,
    ) -> Option<Self> {
        let authoriser = Authoriser::new(INVOKE, operation, roles, clock);
        let is_open = operation.access == Access::Public && authoriser.is_open();
        let access = operation.access.clone();
        (!is_open).then(|| Self {
            access,
            authoriser,
            ended: ended.clone(),
        })
    }

    fn check(&self, request: &Request) -> Result<(), Problem> {
        let caller = &Call::of(request).caller;
        if let Who::User(user) = caller
            && self.ended.has(user.session)
        {
            return Err(invalid_token("Its session has ended."));
        }
        if self.access != Access::Public {
            known(caller)?;
        }
        let decision = self.authoriser.decide(request)?;
        if decision.is_allowed() {
            return Ok(());
        }
        if decision == Decision::NotInSession {
            return Err(session_policy());
        }
        // For whoever looks after the edge, not for the caller.
        let told = decision.to_string();
        let refusal = match caller {
            // With its roles it might have been allowed.
            Who::Unverified(problem) => problem.clone(),
            Who::User(user) if !self.access.admits(user.groups.iter().map(|it| &**it)) => {
                match self.access.admits(["staff"]) {
                    true => kinds::STAFF_ONLY.problem(),
                    false => kinds::MANAGERS_ONLY.problem(),
                }
            }
            Who::User(_) | Who::Nobody => forbidden(),
        };
        Err(refusal.because(told))
    }
}

impl Middleware for Permit {
    type Kept = ();

    fn before(&self, request: Request) -> Before<()> {
        match self.check(&request) {
            Ok(()) => Before::Pass(request, ()),
            Err(refusal) => Before::Refuse(refusal),
        }
    }
}

/// A user who is signed in.
fn known(caller: &Who) -> Result<(), Problem> {
    match caller {
        Who::User(_) => Ok(()),
        Who::Unverified(problem) => Err(problem.clone()),
        Who::Nobody => {
            // RFC 6750 §3 wants a parameter; Foundation on Linux fails without one.
            let challenge = HeaderValue::from_static("Bearer realm=\"terrace\"");
            let problem = kinds::SIGN_IN_REQUIRED.problem();
            Err(problem.header(header::WWW_AUTHENTICATE, challenge))
        }
    }
}
