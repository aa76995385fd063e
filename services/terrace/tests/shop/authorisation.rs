//! Every operation × every kind of caller, generated from the public document: an operation that
//! the table does not list fails, and so does a row that no operation has.

use std::collections::BTreeSet;

use aws_lc_rs::signature::Ed25519KeyPair;
use axum::http::Method;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kit::identity::{Caller, Minter};
use serde_json::{Value, json};

use crate::visitor::{Visitor, address, open, product_with};

/// Who may do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Anybody.
    Public,
    /// Any user, for themself: there is nothing of others to reach.
    User,
    /// The owner of what the path names; for others it does not exist.
    Owner,
    /// As [`Access::Owner`], and staff, who look after all orders.
    OwnerOrStaff,
    /// Staff alone.
    Staff,
}

use Access::{Owner, OwnerOrStaff, Public, Staff, User};

/// Every public operation.
const TABLE: &[(&str, &str, Access)] = &[
    ("POST", "/v1/users", Public),
    ("POST", "/v1/sessions", Public),
    ("POST", "/v1/sessions/refresh", Public),
    ("DELETE", "/v1/sessions/current", Public),
    ("GET", "/.well-known/jwks.json", Public),
    ("GET", "/.well-known/openid-configuration", Public),
    ("GET", "/v1/me", User),
    ("PATCH", "/v1/me", User),
    ("GET", "/v1/me/addresses", User),
    ("POST", "/v1/me/addresses", User),
    ("PUT", "/v1/me/addresses/{id}", Owner),
    ("DELETE", "/v1/me/addresses/{id}", Owner),
    ("GET", "/v1/categories", Public),
    ("GET", "/v1/products", Public),
    ("POST", "/v1/products", Staff),
    ("GET", "/v1/products/{id}", Public),
    ("PATCH", "/v1/products/{id}", Staff),
    ("DELETE", "/v1/products/{id}", Staff),
    ("PUT", "/v1/products/{id}/stock", Staff),
    ("PUT", "/v1/products/{id}/image", Staff),
    ("GET", "/v1/images/{name}", Public),
    ("GET", "/v1/cart", User),
    ("DELETE", "/v1/cart", User),
    ("PUT", "/v1/cart/items/{product_id}", User),
    ("DELETE", "/v1/cart/items/{product_id}", User),
    ("POST", "/v1/orders", User),
    ("GET", "/v1/orders", User),
    ("GET", "/v1/orders/{id}", OwnerOrStaff),
    ("GET", "/v1/orders/{id}/events", OwnerOrStaff),
    ("POST", "/v1/orders/{id}/cancel", Owner),
    ("POST", "/v1/orders/{id}/ship", Staff),
    ("POST", "/v1/orders/{id}/deliver", Staff),
    ("GET", "/v1/admin/orders", Staff),
    ("GET", "/v1/openapi.json", Public),
    ("GET", "/docs", Public),
    ("GET", "/docs/", Public),
    ("GET", "/docs/{file}", Public),
];

/// A kind of caller, and what access means for it.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Anonymous,
    Other,
    Owner,
    Staff,
    Service,
    Expired,
    Forged,
}

const KINDS: [Kind; 7] = [
    Kind::Anonymous,
    Kind::Other,
    Kind::Owner,
    Kind::Staff,
    Kind::Service,
    Kind::Expired,
    Kind::Forged,
];

/// The status that refuses this caller; `None` when the operation itself has to answer.
fn refusal(access: Access, kind: Kind) -> Option<u16> {
    match (access, kind) {
        // A bad token is refused even where none is needed, so that its holder notices.
        (_, Kind::Expired | Kind::Forged) => Some(401),
        (Public, _) => None,
        // A caller token opens a service, never the edge: there it is nobody's.
        (_, Kind::Anonymous | Kind::Service) => Some(401),
        (User, Kind::Other | Kind::Owner | Kind::Staff) => None,
        (Owner | OwnerOrStaff, Kind::Owner) | (OwnerOrStaff | Staff, Kind::Staff) => None,
        (Owner, Kind::Other | Kind::Staff) | (OwnerOrStaff, Kind::Other) => Some(404),
        (Staff, Kind::Other | Kind::Owner) => Some(403),
    }
}

/// What belongs to the owner.
struct Things {
    address: String,
    order: String,
    product: String,
    image: String,
}

impl Things {
    async fn of(owner: &Visitor) -> Self {
        let kept = owner
            .call(Method::POST, "/v1/me/addresses", Some(&address()))
            .await
            .ok(201);
        let (product, _) = product_with(owner, 5).await;
        owner.put_in_cart(&product, 1).await;
        let order = owner.order("matrix", "tok_visa").await.ok(201);
        let path = format!("/v1/products/{product}");
        let image = owner.call(Method::GET, &path, None).await.ok(200);
        let image = image["image_url"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap();
        Self {
            address: kept["id"].as_str().unwrap().to_owned(),
            order: order["id"].as_str().unwrap().to_owned(),
            image: image.to_owned(),
            product,
        }
    }

    fn path(&self, template: &str) -> String {
        let id = match template {
            _ if template.starts_with("/v1/me/addresses") => &self.address,
            _ if template.starts_with("/v1/orders") => &self.order,
            _ => &self.product,
        };
        template
            .replace("{id}", id)
            .replace("{product_id}", &self.product)
            .replace("{name}", &self.image)
            .replace("{file}", "swagger-ui.css")
    }
}

/// A body that each operation understands well enough to say who may not.
fn body(method: &str, template: &str) -> Option<Value> {
    match (method, template) {
        ("PUT", "/v1/me/addresses/{id}") | ("POST", "/v1/me/addresses") => Some(address()),
        ("POST" | "PUT" | "PATCH", _) => Some(json!({})),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_each_kind_of_caller_as_the_table_says() {
    let shop = open().await;
    let document = shop
        .visitor
        .call(Method::GET, "/v1/openapi.json", None)
        .await
        .ok(200);
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert((method.to_uppercase(), path.clone()));
        }
    }
    let listed: BTreeSet<_> = TABLE
        .iter()
        .map(|(method, path, _)| (method.to_string(), path.to_string()))
        .collect();
    assert_eq!(described, listed, "the document and the table differ");

    let staff = shop.visitor.sign_in(&shop.accounts.staff).await;
    let other = shop.visitor.sign_up("other").await;
    let key = shop.signing_key();
    // So that an expired token is refused for its age, not for its signature.
    let unchanged = signed(staff.token.as_deref().unwrap(), &key, |_| {});
    let me = staff.with_token(&unchanged);
    me.call(Method::GET, "/v1/me", None).await.ok(200);
    let mut faults = Vec::new();
    for (method, template, access) in TABLE {
        for kind in KINDS {
            // Some operations use their thing up, so that each caller finds fresh ones.
            let owner = shop.visitor.sign_up("owner").await;
            let path = Things::of(&owner).await.path(template);
            let caller = match kind {
                Kind::Anonymous | Kind::Service => shop.visitor.clone(),
                Kind::Other => other.clone(),
                Kind::Owner => owner.clone(),
                Kind::Staff => staff.clone(),
                Kind::Expired => {
                    let token = owner.token.as_deref().unwrap();
                    owner.with_token(&signed(token, &key, |claims| {
                        claims["exp"] = json!(1_000_000_000);
                    }))
                }
                Kind::Forged => owner.with_token(&forged(owner.token.as_deref().unwrap())),
            };
            let mut headers = vec![("if-match", "*"), ("idempotency-key", "again")];
            let minted = service_token();
            if matches!(kind, Kind::Service) {
                headers.push(("terrace-caller", &minted));
            }
            let verb: Method = method.parse().unwrap();
            let body = body(method, template);
            let status = caller.status(verb, &path, &headers, body.as_ref()).await;
            let as_it_should = match refusal(*access, kind) {
                Some(expected) => status == expected,
                None => status < 500 && (is_sign_in(template) || !refused_access(status)),
            };
            if !as_it_should {
                faults.push(format!("{method} {template} as {kind:?}: {status}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

fn refused_access(status: u16) -> bool {
    matches!(status, 401 | 403 | 404)
}

/// Whether the operation itself answers 401: for wrong credentials, and for a session that ended.
fn is_sign_in(template: &str) -> bool {
    template.starts_with("/v1/sessions")
}

/// A caller token as a neighbour makes it, sent by somebody outside.
fn service_token() -> String {
    let minter = Minter::new("orders", &testkit::service::invoke_key()).unwrap();
    let caller = Caller {
        issuer: "edge".into(),
        subject: Some(uuid::Uuid::now_v7()),
        groups: ["staff".into()].into(),
        route: "test".into(),
    };
    minter.mint(caller).to_str().unwrap().to_owned()
}

/// The same claims with a change, signed with the issuer's own key.
fn signed(token: &str, key: &Ed25519KeyPair, change: impl FnOnce(&mut Value)) -> String {
    let (header, claims) = parts(token);
    let claims = changed(claims, change);
    let signed = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The same token for somebody of the staff; the signature is that of the claims before.
fn forged(token: &str) -> String {
    let (header, claims) = parts(token);
    let claims = changed(claims, |claims| {
        claims["groups"] = json!(["customer", "staff"])
    });
    let signature = token.rsplit('.').next().unwrap();
    format!("{header}.{claims}.{signature}")
}

fn parts(token: &str) -> (&str, &str) {
    let (header, rest) = token.split_once('.').unwrap();
    (header, rest.split_once('.').unwrap().0)
}

fn changed(claims: &str, change: impl FnOnce(&mut Value)) -> String {
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    let mut claims: Value = serde_json::from_slice(&claims).unwrap();
    change(&mut claims);
    URL_SAFE_NO_PAD.encode(claims.to_string())
}
