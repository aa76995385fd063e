//! Somebody who uses the shop through its edge, signed in or not; and shops to use. What they buy is in `orders`.

mod orders;

use std::{error::Error, sync::Arc};

use aws_lc_rs::signature::Ed25519KeyPair;
use axum::{
    Router,
    body::Body,
    http::{Method, header, request::Builder},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use client::Upstream;
use serde_json::{Value, json};
use tempfile::TempDir;
use terrace::{
    config::Config,
    data::{Data, DemoAccount, DemoAccounts},
    shop,
};
use testkit::service::{Answer, Client, request};
use tokio_util::sync::CancellationToken;

/// Somebody who uses the shop.
#[derive(Clone)]
pub(crate) struct Visitor {
    client: Client,
    pub(crate) token: Option<Arc<str>>,
}

impl Visitor {
    /// Somebody who has nothing but the address.
    pub(crate) fn new(edge: Upstream) -> Self {
        Self {
            client: Client::outside(edge),
            token: None,
        }
    }

    /// The same, with this access token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self {
            client: self.client.clone(),
            token: Some(token.into()),
        }
    }

    /// The same, signed in.
    pub(crate) async fn sign_in(&self, account: &DemoAccount) -> Self {
        let body = json!({ "email": account.email, "password": account.password });
        let tokens = self
            .call(Method::POST, "/v1/sessions", Some(&body))
            .await
            .ok(201);
        self.with_token(tokens["access_token"].as_str().unwrap())
    }

    /// The same, signed up and in under a new address.
    pub(crate) async fn sign_up(&self, name: &str) -> Self {
        self.sign_up_as(&account(name)).await
    }

    /// The same under this address.
    pub(crate) async fn sign_up_as(&self, account: &DemoAccount) -> Self {
        let body = json!({ "email": account.email, "password": account.password, "name": "Rose" });
        self.call(Method::POST, "/v1/users", Some(&body))
            .await
            .ok(201);
        self.sign_in(account).await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.call_with(method, path, &[], body).await
    }

    pub(crate) async fn call_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let (request, body) = self.request(method, path, headers, body);
        self.client.send(request, body).await
    }

    /// The same with any text for a body; the headers say what it is.
    pub(crate) async fn send_text(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let (request, _) = self.request(method, path, headers, None);
        self.client.send(request, body.unwrap_or_default()).await
    }

    /// The same, of a shop that may be killed meanwhile.
    pub(crate) async fn attempt(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let (request, body) = self.request(method, path, headers, body);
        self.client.attempt(request, body).await
    }

    /// The status alone, of an answer that may be a stream without end.
    pub(crate) async fn status(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> u16 {
        let (request, body) = self.request(method, path, headers, body);
        self.client.status(request, body).await.as_u16()
    }

    /// The same, of bytes that are no JSON.
    pub(crate) async fn upload(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        bytes: &'static [u8],
    ) -> u16 {
        let (request, _) = self.request(method, path, headers, None);
        let request = request.header(header::CONTENT_TYPE, "application/octet-stream");
        self.client.status(request, bytes).await.as_u16()
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> (Builder, Body) {
        let mut request = request(method, path).header(header::HOST, "localhost");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match body {
            Some(body) => {
                let request = request.header(header::CONTENT_TYPE, "application/json");
                (request, Body::from(body.to_string()))
            }
            None => (request, Body::empty()),
        }
    }

    /// Tries what staff alone may do, and changes nothing: 422 for them.
    pub(crate) async fn try_as_staff(&self) -> Answer {
        let nothing = json!({});
        self.call(Method::POST, "/v1/products", Some(&nothing))
            .await
    }
}

/// An account that is not there yet.
pub(crate) fn account(name: &str) -> DemoAccount {
    DemoAccount {
        email: format!("{name}-{}@garden.example", uuid::Uuid::now_v7().simple()),
        password: "a long enough password".to_owned(),
    }
}

/// Somewhere to send an order.
pub(crate) fn address() -> Value {
    json!({
        "name": "Rose Gardener", "line1": "1 Orchard Lane", "line2": null, "city": "Portland",
        "region": "OR", "postal_code": "97201", "country": "US",
    })
}

/// A shop in this process, on a data directory of its own.
pub(crate) struct Open {
    pub(crate) visitor: Visitor,
    pub(crate) accounts: DemoAccounts,
    pub(crate) site: Router,
    data: Data,
    _folder: TempDir,
}

impl Open {
    /// The key that signs access tokens.
    pub(crate) fn signing_key(&self) -> Ed25519KeyPair {
        let key = std::fs::read_to_string(self.data.path("signing-key")).unwrap();
        Ed25519KeyPair::from_pkcs8(&STANDARD.decode(key.trim()).unwrap()).unwrap()
    }
}

/// Opens a shop that tells nobody to slow down.
pub(crate) async fn open() -> Open {
    open_with(|_| {}).await
}

/// The same, with other settings.
pub(crate) async fn open_with(change: impl FnOnce(&mut Config)) -> Open {
    let folder = tempfile::tempdir().unwrap();
    let data = Data::open(folder.path()).unwrap();
    let mut config = Config {
        data: folder.path().to_owned(),
        ..Config::default()
    };
    config.edge.throttle = edge::Switch::Off;
    config.edge.sdks = folder.path().join("sdks");
    std::fs::create_dir(&config.edge.sdks).unwrap();
    std::fs::write(config.edge.sdks.join("terrace-python-1.0.0.zip"), "PK").unwrap();
    change(&mut config);
    let shop = shop::open(&config, &data, &CancellationToken::new())
        .await
        .unwrap();
    Open {
        visitor: Visitor::new(Upstream::InProcess(
            Router::new().fallback_service(shop.edge.app()),
        )),
        accounts: shop.accounts,
        site: shop.site,
        data,
        _folder: folder,
    }
}

/// A product with at least so many pieces, and how many it has.
pub(crate) async fn product_with(visitor: &Visitor, pieces: i64) -> (String, i64) {
    let page = visitor
        .call(Method::GET, "/v1/products?limit=100", None)
        .await
        .ok(200);
    for item in page["items"].as_array().unwrap() {
        let id = item["id"].as_str().unwrap();
        let stock = stock(visitor, id).await;
        if stock >= pieces {
            return (id.to_owned(), stock);
        }
    }
    panic!("no product has {pieces} pieces");
}

/// How many pieces of a product can be bought.
pub(crate) async fn stock(visitor: &Visitor, product: &str) -> i64 {
    let path = format!("/v1/products/{product}");
    visitor.call(Method::GET, &path, None).await.ok(200)["stock"]
        .as_i64()
        .unwrap()
}
