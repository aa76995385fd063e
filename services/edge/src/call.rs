//! What the layers tell each other of a request and of its answer.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::extract::Request;
use kit::http::Problem;
use uuid::Uuid;

use crate::signature::Signature;

/// What is known of a request: one of its extensions, from `sanitise` on.
#[derive(Clone)]
pub(crate) struct Call {
    /// The client's address.
    pub(crate) address: IpAddr,
    pub(crate) caller: Who,
    /// What the request is signed with, where it is.
    pub(crate) signature: Option<Arc<Signature>>,
}

/// Who calls, as far as the edge can tell.
#[derive(Clone)]
pub(crate) enum Who {
    Nobody,
    User(Identity),
    /// Somebody with a token that cannot be verified now: what to answer where that matters.
    Unverified(Problem),
}

/// The signed-in user, from a verified access token or temporary credentials.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) subject: Uuid,
    pub(crate) groups: Arc<[Arc<str>]>,
    /// The session that the user's access token belongs to.
    pub(crate) session: Option<Uuid>,
    /// When and by what the user proved who they are, where the token says it.
    pub(crate) auth_time: Option<i64>,
    pub(crate) amr: Arc<[Arc<str>]>,
    /// When the token ends, in seconds since 1970.
    pub(crate) until: i64,
    /// By which the user narrowed what temporary credentials may be used for.
    pub(crate) session_policy: Option<Arc<str>>,
}

/// How long the service took until its answer's head: an extension of the answer.
#[derive(Clone, Copy)]
pub(crate) struct IntegrationTime(pub(crate) Duration);

impl Call {
    pub(crate) fn of(request: &Request) -> &Self {
        let call = request.extensions().get();
        call.expect("`sanitise` stands outside of all that ask")
    }

    pub(crate) fn of_mut(request: &mut Request) -> &mut Self {
        let call = request.extensions_mut().get_mut();
        call.expect("`sanitise` stands outside of all that ask")
    }

    /// The signed-in user.
    pub(crate) fn user(&self) -> Option<&Identity> {
        match &self.caller {
            Who::User(identity) => Some(identity),
            Who::Nobody | Who::Unverified(_) => None,
        }
    }

    /// Whom the request counts for: the signed-in user, also where that has yet to be proven by the body.
    /// The session token is ours at any rate.
    pub(crate) fn counted(&self) -> Option<&Identity> {
        let claimed = || self.signature.as_ref()?.claimed();
        self.user().or_else(claimed)
    }
}
