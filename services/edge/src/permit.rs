//! The last gate. Reads who calls and what; answers 401 and 403 itself. Services check again:
//! the edge is the first line, not the only one.

use http::{HeaderValue, header};
use kit::{
    http::Problem,
    identity::{sign_in_required, staff_only},
};

use crate::{document::Access, forward::Call};

pub(crate) fn permit(call: &Call) -> Result<(), Problem> {
    match (&call.operation.access, &call.identity) {
        (Access::Public, _) | (Access::User, Some(_)) => Ok(()),
        (Access::User | Access::Groups(_), None) => {
            let challenge = HeaderValue::from_static("Bearer");
            Err(sign_in_required().header(header::WWW_AUTHENTICATE, challenge))
        }
        (Access::Groups(groups), Some(identity)) => {
            let mut own = identity.groups.iter();
            match own.any(|own| groups.iter().any(|group| **own == **group)) {
                true => Ok(()),
                false => Err(staff_only()),
            }
        }
    }
}
