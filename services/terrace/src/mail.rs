//! Where the shop's letters go.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::data::Data;

/// The folder in the data directory where letters are written where there is no mail server.
pub(crate) const FOLDER: &str = "outbox";

/// Settings of letters.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// Where letters go, as `NOTICES__MAIL` has it: `smtp://user:password@host:587`, with STARTTLS, or
    /// `smtps://user:password@host:465`. Unset, they are files in the data directory, and not sent.
    #[schema(value_type = String)]
    pub url: Option<notices::MailUrl>,
    /// Whom letters are from: an address that the mail server lets us write from.
    pub from: String,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            url: None,
            from: notices::Config::default().from,
        }
    }
}

impl MailConfig {
    /// Where they go, for people to read.
    pub(crate) fn whither(&self, data: &Data) -> String {
        match &self.url {
            Some(server) => format!("sent by {server}"),
            None => format!("{}: files, not sent", data.path(FOLDER).display()),
        }
    }
}
