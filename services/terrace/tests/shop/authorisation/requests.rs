//! What each operation is asked with: what its path names, a body that is valid, and what must have happened before.

use std::time::{Duration, Instant};

use axum::http::Method;
use serde_json::{Value, json};

use crate::visitor::{Open, Visitor, address, product_with};

/// What belongs to the owner.
#[derive(Clone)]
pub(super) struct Things {
    owner: String,
    address: String,
    orders: String,
    pub(super) product: String,
    image: String,
}

impl Things {
    async fn of(owner: &Visitor) -> Self {
        let kept = owner
            .call(Method::POST, "/v1/me/addresses", Some(&address()))
            .await
            .ok(201);
        let (product, _) = product_with(owner, 5).await;
        let orders = owner.orders_something("matrix").await;
        let path = format!("/v1/products/{product}");
        let image = owner.call(Method::GET, &path, None).await.ok(200);
        let image = image["image_url"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap();
        let me = owner.call(Method::GET, "/v1/me", None).await.ok(200);
        Self {
            owner: me["id"].as_str().unwrap().to_owned(),
            address: kept["id"].as_str().unwrap().to_owned(),
            orders: orders["id"].as_str().unwrap().to_owned(),
            image: image.to_owned(),
            product,
        }
    }

    pub(super) fn path(&self, template: &str) -> String {
        let id = match template {
            _ if template.starts_with("/v1/me/addresses") => &self.address,
            _ if template.starts_with("/v1/orders") => &self.orders,
            _ if template.starts_with("/v1/people") => &self.owner,
            _ => &self.product,
        };
        let is_of_provider = template.contains("/providers/");
        let name = if is_of_provider {
            "example"
        } else if template.contains("/image-uploads/") {
            "0123456789abcdef01234567-0123456789abcdef0123456789abcdef"
        } else {
            &self.image
        };
        let asked = [
            ("/v1/people", "q=owner"),
            ("/v1/suggestions", "q=a"),
            ("/v1/reports/sales", "by=day"),
        ];
        if let Some((path, query)) = asked.iter().find(|(path, _)| *path == template) {
            return format!("{path}?{query}");
        }
        template
            .replace("{id}", id)
            .replace("{group}", "staff")
            .replace("{product_id}", &self.product)
            .replace("{name}", name)
            .replace("{file}", "swagger-ui.css")
            .replace("{language}", "python")
    }
}

/// A PNG of one pixel.
pub(super) const PICTURE: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
    \0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";

/// What is sent.
pub(super) enum Sent {
    Nothing,
    Json(Value),
    Picture,
}

/// A request that is valid, so that a caller who may make it has what the document promises.
pub(super) async fn valid(shop: &Open, document: &Value, method: &str, template: &str) -> Sent {
    let unique = uuid::Uuid::now_v7().simple();
    Sent::Json(match (method, template) {
        ("POST", "/v1/users") => json!({
            "email": format!("{unique}@garden.example"), "password": "a long enough password",
            "name": "Somebody new",
        }),
        ("POST", "/v1/password-resets") => json!({ "email": "nobody@garden.example" }),
        ("POST", "/v1/users/confirmation") => {
            json!({ "email": format!("{unique}@garden.example"), "code": "123456" })
        }
        ("POST", "/v1/sessions") => {
            let account = &shop.accounts.shopper;
            json!({ "email": account.email, "password": account.password })
        }
        ("PUT", "/v1/me/providers/{name}") => json!({ "link": "no link" }),
        ("PUT", "/v1/me/password") => json!({ "password": "another long enough one" }),
        ("PUT", "/v1/me/email") => json!({ "email": format!("{unique}@garden.example") }),
        ("PATCH", "/v1/me") => json!({ "name": "Another name" }),
        ("PUT", "/v1/me/addresses/{id}") | ("POST", "/v1/me/addresses") => address(),
        ("POST", "/v1/products") => {
            let categories = shop.visitor.call(Method::GET, "/v1/categories", None).await;
            json!({
                "name": format!("Fern {unique}"), "summary": "Grows where tests run.",
                "category": categories.ok(200)["items"][0]["id"],
                "price": { "amount": 1250, "currency": "USD" },
            })
        }
        ("PATCH", "/v1/products/{id}") => json!({ "summary": "Another summary." }),
        ("PUT", "/v1/products/{id}/stock") => json!({ "stock": 100 }),
        ("PUT", "/v1/products/{id}/image") => return Sent::Picture,
        ("PUT", "/v1/cart/items/{product_id}") => json!({ "quantity": 1 }),
        ("POST", "/v1/clicks") => {
            json!({ "visit": uuid::Uuid::new_v4(), "pages": [{ "page": "/" }] })
        }
        ("POST", "/v1/reports/queries") => json!({ "sql": "select 1" }),
        ("POST", "/aws" | "/aws/") => {
            let shopper = shop.visitor.sign_in(&shop.accounts.shopper).await;
            json!({ "Logins": { "terrace": shopper.token } })
        }
        _ => match example(document, method, template) {
            Some(body) => body,
            None => return Sent::Nothing,
        },
    })
}

/// The same, or for an order of what is in this caller's cart, that.
pub(super) async fn valid_of_orders(
    sent: Sent,
    method: &str,
    template: &str,
    caller: &Visitor,
) -> Sent {
    match (method, template) {
        ("POST", "/v1/orders") => Sent::Json(json!({
            "address": address(), "payment": { "token": "tok_visa" },
            "expected_total": caller.total().await,
        })),
        _ => sent,
    }
}

/// The body that the document gives as an example of an operation.
fn example(document: &Value, method: &str, template: &str) -> Option<Value> {
    let operation = &document["paths"][template][method.to_lowercase()];
    let schema = operation.pointer("/requestBody/content/application~1json/schema/$ref")?;
    let schema = schema.as_str()?.trim_start_matches('#');
    document.pointer(schema)?.get("example").cloned()
}

/// The paths of which [`Things`] has what they name.
const HAS_THINGS: [&str; 5] = [
    "/v1/me/",
    "/v1/orders",
    "/v1/people",
    "/v1/products",
    "/v2/products",
];

/// Of a collection that the staff add to: the path of one more thing in it, added by the document's example.
pub(super) async fn one_more(document: &Value, staff: &Visitor, template: &str) -> Option<String> {
    let collection = template.strip_suffix("/{id}")?;
    let body = example(document, "POST", collection)?;
    if HAS_THINGS.iter().any(|it| template.starts_with(it)) {
        return None;
    }
    let key = uuid::Uuid::now_v7().to_string();
    let key = [("idempotency-key", key.as_str())];
    let added = staff.call_with(Method::POST, collection, &key, Some(&body));
    Some(added.await.header("location").to_owned())
}

/// Brings about what a permitted call of orders needs.
pub(super) async fn prepare_orders(
    template: &str,
    things: &Things,
    owner: &Visitor,
    staff: &Visitor,
    caller: &Visitor,
) {
    let order = format!("/v1/orders/{}", things.orders);
    match template {
        "/v1/orders" => caller.put_in_cart(&things.product, 1).await,
        "/v1/orders/{id}/ship" | "/v1/orders/{id}/deliver" => {
            let started = Instant::now();
            let settled = async || {
                let order = owner.call(Method::GET, &order, None).await.ok(200);
                order["payment"]["status"] == "captured"
            };
            while !settled().await {
                assert!(
                    started.elapsed() < Duration::from_secs(60),
                    "it does not settle"
                );
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            if template.ends_with("/deliver") {
                let ship = format!("{order}/ship");
                staff.call(Method::POST, &ship, None).await.ok(200);
            }
        }
        _ => {}
    }
}

/// An owner and their things.
pub(super) async fn fresh(shop: &Open) -> (Visitor, Things) {
    let owner = shop.visitor.sign_up("owner").await;
    let things = Things::of(&owner).await;
    (owner, things)
}
