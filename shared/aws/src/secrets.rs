//! Secrets of Secrets Manager.

use std::time::Duration;

use aws_sdk_secretsmanager::Client;

use crate::{Fault, Place};

/// How long a call may take with all its attempts.
const PATIENCE: Duration = Duration::from_secs(3);

/// Those of one account and region.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: Client,
}

impl Secrets {
    /// Those of this region.
    pub async fn open(place: Place<'_>) -> Self {
        Self {
            client: Client::new(&place.configuration(PATIENCE).await),
        }
    }

    /// The text of the secret of this name or ARN, as it is now.
    pub async fn read(&self, id: &str) -> Result<String, Fault> {
        let answer = self.client.get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(|e| Fault::of("GetSecretValue", &e))?;
        let text = answer.secret_string;
        text.ok_or_else(|| Fault::new("GetSecretValue: expected a text".to_owned(), false))
    }
}
