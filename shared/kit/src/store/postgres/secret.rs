//! A password in Secrets Manager.

use std::{io, sync::Arc};

use aws::{Place, secrets::Secrets};
use futures::{FutureExt, future::BoxFuture};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::OnceCell;

/// A secret that is a password, or an object in JSON that has one, as rotation by AWS makes it. Clones share a client.
#[derive(Clone, Debug)]
pub(in crate::store) struct Secret {
    id: String,
    client: Arc<OnceCell<Secrets>>,
}

#[derive(Deserialize)]
struct Credentials {
    password: SecretString,
}

impl Secret {
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            client: Arc::default(),
        }
    }

    /// As it is now. A fault that passes is told as one of the connection. In a box: the futures of the SDK are so deep
    /// that the compiler gives up on those of whoever connects.
    pub(super) fn password(&self) -> BoxFuture<'_, Result<SecretString, sqlx::Error>> {
        self.read().boxed()
    }

    async fn read(&self) -> Result<SecretString, sqlx::Error> {
        let place = Place {
            region: "",
            endpoint: None,
        };
        let client = self.client.get_or_init(|| Secrets::open(place)).await;
        let text = client.read(&self.id).await.map_err(|fault| {
            let told = format!("password_secret: {fault}");
            match fault.is_passing {
                true => sqlx::Error::Io(io::Error::other(told)),
                false => sqlx::Error::Configuration(told.into()),
            }
        })?;
        match serde_json::from_str::<Credentials>(&text) {
            Ok(credentials) => Ok(credentials.password),
            Err(_) if text.starts_with('{') => Err(sqlx::Error::Configuration(
                "password_secret: expected a password, or JSON with one".into(),
            )),
            Err(_) => Ok(text.into()),
        }
    }
}
