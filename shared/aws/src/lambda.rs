//! Invoking functions.

use std::time::Duration;

use aws_sdk_lambda::{
    Client, config::retry::RetryConfig, error::DisplayErrorContext, primitives::Blob,
};

use crate::SdkConfig;

/// Invokes functions. Clones share connections.
#[derive(Clone)]
pub struct Functions(Client);

/// Why a function has not answered.
#[derive(Debug, thiserror::Error)]
pub enum NotAnswered {
    /// Lambda could not be asked, or did not let it run.
    #[error("{0}")]
    Refused(String),
    /// It began, and failed; whether it acted is unknown.
    #[error("the function failed: {0}")]
    Failed(String),
}

impl Functions {
    /// By this configuration.
    pub fn new(configuration: &SdkConfig) -> Self {
        Self(Client::new(configuration))
    }

    /// Invokes a function, by its name or `name:alias`, with an event, and waits for its answer. Where it may not be
    /// carried out twice, it is asked once.
    pub async fn invoke(
        &self,
        function: &str,
        event: Vec<u8>,
        may_repeat: bool,
    ) -> Result<Vec<u8>, NotAnswered> {
        let retries = match may_repeat {
            true => RetryConfig::standard()
                .with_max_attempts(2)
                .with_initial_backoff(Duration::from_millis(20)),
            false => RetryConfig::disabled(),
        };
        let invoke = self
            .0
            .invoke()
            .function_name(function)
            .payload(Blob::new(event));
        let answer = invoke
            .customize()
            .config_override(aws_sdk_lambda::config::Builder::new().retry_config(retries))
            .send()
            .await
            .map_err(|fault| NotAnswered::Refused(DisplayErrorContext(fault).to_string()))?;
        match answer.function_error {
            Some(kind) => Err(NotAnswered::Failed(kind)),
            None => Ok(answer.payload.map(Blob::into_inner).unwrap_or_default()),
        }
    }
}
