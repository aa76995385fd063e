//! Reads who calls; answers 401, 403, and 503 when that cannot be verified now. Stands before the
//! operations that are not public. Services check again: the edge is the first line, not the only one.

use axum::extract::Request;
use http::{HeaderValue, header};
use kit::http::{Problem, kinds};

use crate::{
    call::{Call, Identity, Who},
    error::session_policy,
    middleware::{Before, Middleware},
    operation::Access,
};

/// Lets those in who may call.
#[derive(Clone)]
pub(crate) struct Permit(Access);

impl Permit {
    /// None where anybody may call.
    pub(crate) fn new(access: &Access) -> Option<Self> {
        (*access != Access::Public).then(|| Self(access.clone()))
    }

    fn allows(&self, user: &Identity) -> bool {
        match &self.0 {
            Access::Public | Access::User => true,
            Access::Groups(groups) => {
                let mut own = user.groups.iter();
                own.any(|own| groups.iter().any(|group| **own == **group))
            }
        }
    }
}

impl Middleware for Permit {
    type Kept = ();

    fn before(&self, request: Request) -> Before<()> {
        match &Call::of(&request).caller {
            // Nobody can read it yet, so it allows nothing.
            Who::User(user) if user.session_policy.is_some() => Before::Refuse(session_policy()),
            Who::User(user) if self.allows(user) => Before::Pass(request, ()),
            Who::User(_) => Before::Refuse(kinds::STAFF_ONLY.problem()),
            Who::Unverified(problem) => Before::Refuse(problem.clone()),
            Who::Nobody => Before::Refuse(challenge()),
        }
    }
}

fn challenge() -> Problem {
    let challenge = HeaderValue::from_static("Bearer");
    kinds::SIGN_IN_REQUIRED
        .problem()
        .header(header::WWW_AUTHENTICATE, challenge)
}
