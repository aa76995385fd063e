//! Whether policies allow a caller to do one thing with one operation.

use std::sync::Arc;

use axum::extract::Request;
use kit::{clock::Clock, http::Problem};
use policy::{Decision, Policy, Roles, View};

use crate::{
    call::Call,
    error::session_policy,
    operation::Operation,
    policies::{Said, roles_of},
};

/// Decides. Clones decide alike.
#[derive(Clone)]
pub(crate) struct Authoriser(Arc<Parts>);

struct Parts {
    view: View,
    roles: Arc<Roles>,
    clock: Clock,
}

impl Authoriser {
    /// Whether `action` may be done with `operation`.
    pub(crate) fn new(
        action: &str,
        operation: &Operation,
        roles: &Arc<Roles>,
        clock: &Clock,
    ) -> Self {
        Self(Arc::new(Parts {
            view: roles.view(action, operation.arn.clone()),
            roles: roles.clone(),
            clock: clock.clone(),
        }))
    }

    /// Whether everybody may, whatever they say.
    pub(crate) fn is_open(&self) -> bool {
        self.0.view.always_allows(self.0.roles.of_anyone())
    }

    /// The decision; a session policy that cannot be read is refused.
    pub(crate) fn decide(&self, request: &Request) -> Result<Decision<'_>, Problem> {
        let call = Call::of(request);
        let roles = roles_of(&self.0.roles, &call.caller);
        let session = call.user().and_then(|user| user.session_policy.as_ref());
        let session = session.map(|text| Policy::parse("session", text));
        let session = session.transpose().map_err(|_| session_policy())?;
        let clock = &self.0.clock;
        let said = Said { request, clock };
        Ok(self.0.view.decide(roles, session.as_ref(), &said))
    }
}
