//! Why something is done to an account: what the operations on people have in common.

use http::HeaderMap;
use kit::{http::Line, identity};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{audit::Reason, device::Device, people::By};

/// Why it is done.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Why {
    /// For the audit log: a line of 1 to 200 characters.
    #[param(inline, value_type = Option<Line<1, 200>>, example = "Left the shop")]
    reason: Option<Reason>,
}

impl Why {
    /// The same with who does it, and from where.
    pub(crate) fn by(self, manager: &identity::User, headers: &HeaderMap) -> By {
        By {
            actor: Some(manager.id),
            network: Device::of(headers).network,
            reason: self.reason,
        }
    }
}
