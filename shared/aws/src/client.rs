//! The configuration that every client of the SDK is made from.

use std::time::Duration;

pub use aws_config::SdkConfig;
use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(1);

/// Where a service of AWS is.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// Such as `eu-central-1`; empty for that of the environment, `AWS_REGION`.
    pub region: &'a str,
    /// The address of another server than that of AWS, such as an emulator's.
    pub endpoint: Option<&'a str>,
}

impl Place<'_> {
    /// What clients are made from. A call takes at most `patience` with all its attempts. The credentials are
    /// those of the environment, the container's role or its service account.
    pub async fn configuration(&self, patience: Duration) -> SdkConfig {
        let tls = Provider::Rustls(CryptoMode::AwsLc);
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls)
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_timeout(patience)
            .build();
        let mut configuration = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard());
        if !self.region.is_empty() {
            configuration = configuration.region(Region::new(self.region.to_owned()));
        }
        if let Some(endpoint) = self.endpoint {
            configuration = configuration.endpoint_url(endpoint);
        }
        configuration.load().await
    }
}
