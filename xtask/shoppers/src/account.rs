//! Who people are.

use std::fs;

use serde_json::Value;
use terrace_sdk::{
    Client, Refusal,
    types::{DeliveryAddressInput, SignIn, SignUp, Tokens},
};
use uuid::Uuid;

use crate::Fault;

/// What somebody signs in with.
#[derive(Clone)]
pub struct Account(SignIn);

impl Account {
    /// The account of this e-mail address.
    pub fn of(email: impl Into<String>, password: impl Into<String>) -> Self {
        Self(SignIn {
            email: email.into(),
            password: password.into(),
        })
    }

    /// Of whom nobody has heard.
    pub fn new() -> Self {
        Self::of(format!("{}@example.com", Uuid::new_v4()), Uuid::new_v4())
    }

    /// The staff of a shop to try, from its `demo-accounts.json`.
    pub fn staff(file: &str) -> Result<Self, Fault> {
        let accounts: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
        let account = serde_json::from_value(accounts["staff"].clone())?;
        Ok(Self(account))
    }

    /// Makes it in the shop.
    pub async fn sign_up(&self, shop: &Client, name: &str) -> Result<(), Refusal> {
        let SignIn { email, password } = self.0.clone();
        let name = name.to_owned();
        let made = SignUp {
            email,
            password,
            name,
        };
        shop.sign_up(&made).await.map(drop)
    }

    /// Signs the client in.
    pub async fn sign_in(&self, shop: &Client) -> Result<Tokens, Refusal> {
        shop.sign_in(&self.0).await
    }

    /// The e-mail address.
    pub fn email(&self) -> &str {
        &self.0.email
    }

    /// Where parcels go.
    pub fn home() -> DeliveryAddressInput {
        let (name, street) = ("Rose Gardener", "1 Orchard Lane");
        DeliveryAddressInput::new(name, street, "Portland", "OR", "97201", "US")
    }
}

impl Default for Account {
    fn default() -> Self {
        Self::new()
    }
}
