//! The command `health`.

use std::{error::Error, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

/// How long it waits.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Fails with what the service says, unless it says that it is ready.
pub(super) async fn health(mut admin: SocketAddr) -> Result<(), Box<dyn Error>> {
    if admin.ip().is_unspecified() {
        admin.set_ip([127, 0, 0, 1].into());
    }
    let service = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let ask = async {
        let (head, body) = service
            .get(format!("http://{admin}/readyz").parse()?)
            .await?
            .into_parts();
        let said = body.collect().await?.to_bytes();
        match head.status.is_success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&said).trim_end().into()),
        }
    };
    tokio::time::timeout(TIMEOUT, ask).await?
}
