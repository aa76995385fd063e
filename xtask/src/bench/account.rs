//! The demo shopper, signed in.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use crate::http;

/// The demo shopper's access token.
pub(super) fn sign_in(port: u16, accounts: &Path) -> anyhow::Result<String> {
    let accounts: Value = serde_json::from_slice(&std::fs::read(accounts)?)?;
    let shopper = &accounts["shopper"];
    let body = json!({ "email": shopper["email"], "password": shopper["password"] });
    let session = http::post(port, "/v1/sessions", &body)?;
    let token = session["access_token"].as_str();
    Ok(token.context("no access token")?.to_owned())
}
