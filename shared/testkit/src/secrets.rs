//! A secret of Secrets Manager on an emulator of AWS, which the environment names.

use std::time::Duration;

use aws::Place;
use aws_sdk_secretsmanager::Client;
use uuid::Uuid;

/// A new secret.
#[derive(Debug)]
pub struct Secret {
    client: Client,
    arn: String,
}

impl Secret {
    /// One with no password yet.
    pub async fn new() -> Self {
        let place = Place {
            region: "",
            endpoint: None,
        };
        let client = Client::new(&place.configuration(Duration::from_secs(5)).await);
        let create = client.create_secret().name(Uuid::now_v7().to_string());
        let made = create.secret_string("none").send().await;
        let made = made.expect("a secret");
        let arn = made.arn.expect("its name");
        Self { client, arn }
    }

    /// Its name.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// Gives it another text.
    pub async fn write(&self, text: &str) {
        let put = self.client.put_secret_value().secret_id(&self.arn);
        put.secret_string(text).send().await.expect("it is written");
    }
}
