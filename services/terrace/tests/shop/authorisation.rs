//! Every operation × every kind of caller, generated from the public document and the policies
//! together: an operation that no policy lets anybody call fails, and so does an owner of none.

mod callers;
mod requests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use axum::http::Method;
use policy::Roles;
use serde_json::{Value, json};

use self::{
    callers::{KINDS, Kind, deleted, demoted, ended, refusal},
    requests::{PICTURE, Sent, fresh, one_more, prepare_orders, valid, valid_of_orders},
};
use crate::{
    tokens::{forged, service_token, signed},
    visitor::{Open, Visitor, open},
};

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
    OfOrders,
    /// Staff alone.
    Staff,
    /// Managers alone.
    Manager,
}

use Access::{Manager, OfOrders, Owner, Public, Staff, User};

/// The operations on what belongs to somebody: that is for the service to know. Who may call all the
/// others, documents and policies say.
const OWNED: &[(&str, &str, Access)] = &[
    ("PUT", "/v1/me/addresses/{id}", Owner),
    ("DELETE", "/v1/me/addresses/{id}", Owner),
    ("GET", "/v1/orders/{id}", OfOrders),
    ("GET", "/v1/orders/{id}/events", OfOrders),
    ("POST", "/v1/orders/{id}/cancel", Owner),
];

/// Operations that only succeed with what a device, an app, a letter or another provider has: here it is shown whom they
/// refuse, and by the tests of users when they succeed.
const BY_PROOF: &[(&str, &str)] = &[
    ("POST", "/v1/users/confirmation"),
    ("POST", "/v1/password-resets/code"),
    ("POST", "/v1/password-resets/complete"),
    ("POST", "/v1/email-verifications"),
    ("DELETE", "/v1/me/sessions/{id}"),
    ("POST", "/v1/sessions/second-factor"),
    ("POST", "/v1/sessions/passkey"),
    ("POST", "/v1/sessions/current/step-up"),
    ("PUT", "/v1/me/totp"),
    ("DELETE", "/v1/me/totp"),
    ("POST", "/v1/me/recovery-codes"),
    ("POST", "/v1/me/passkeys"),
    ("PATCH", "/v1/me/passkeys/{id}"),
    ("DELETE", "/v1/me/passkeys/{id}"),
    ("POST", "/v1/providers/{name}/sign-ins"),
    ("POST", "/v1/sessions/provider"),
    ("PUT", "/v1/me/providers/{name}"),
    ("DELETE", "/v1/me/providers/{name}"),
    ("POST", "/v1/me/providers/{name}/links"),
    ("POST", "/v1/me/providers/{name}/proofs"),
    // A folder takes no pictures from browsers.
    ("POST", "/v1/products/{id}/image-uploads"),
    ("POST", "/v1/products/{id}/image-uploads/{name}/finish"),
    // Those who call for several operations would be gone.
    ("DELETE", "/v1/me"),
];

/// Every operation of the document, and who may do it.
fn table(document: &Value) -> Vec<(String, String, Access)> {
    let roles = roles();
    let (mut table, mut owned) = (Vec::new(), 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase();
            let security = operation["security"].as_array();
            let is_for_users = security.is_some_and(|it| !it.is_empty());
            let mut access = by_policy(&roles, &method, path, is_for_users);
            let mut rows = OWNED.iter();
            if let Some(row) = rows.find(|row| row.0 == method && row.1 == path) {
                assert_eq!(access, User, "{method} {path} is for its owner");
                access = row.2;
                owned += 1;
            }
            table.push((method, path.clone(), access));
        }
    }
    assert_eq!(owned, OWNED.len(), "an owned operation is not described");
    table
}

/// The policies as they are shipped.
fn roles() -> Roles {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies");
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        files.insert(name, fs::read_to_string(path).unwrap());
    }
    Roles::of_files(files.iter().map(|(name, text)| (&**name, &**text))).unwrap()
}

fn by_policy(roles: &Roles, method: &str, path: &str, is_for_users: bool) -> Access {
    let arn = edge::document::arn(&method.parse().unwrap(), path);
    let view = roles.view("execute-api:Invoke", arn);
    let callers = [
        roles.of_anyone(),
        roles.of_user(["customer"]),
        roles.of_user(["customer", "staff"]),
        roles.of_user(["customer", "staff", "manager"]),
    ];
    match (is_for_users, callers.map(|caller| view.may_allow(caller))) {
        (false, [true, true, true, true]) => Public,
        (true, [false, true, true, true]) => User,
        (true, [false, false, true, true]) => Staff,
        (true, [false, false, false, true]) => Manager,
        (_, may) => panic!("{method} {path}: anyone, a customer, staff, a manager may {may:?}"),
    }
}

/// The statuses that the document gives for a request that is carried out.
fn successes(document: &Value, method: &str, template: &str) -> BTreeSet<u16> {
    let operation = &document["paths"][template][method.to_lowercase()];
    let responses = operation["responses"].as_object().unwrap().keys();
    let statuses = responses.filter_map(|status| status.parse().ok());
    statuses.filter(|status| *status < 400).collect()
}

/// The cookie of a new session.
async fn cookie(shop: &Open) -> String {
    let account = &shop.accounts.shopper;
    let body = json!({ "email": account.email, "password": account.password });
    let session = shop
        .visitor
        .call(Method::POST, "/v1/sessions", Some(&body))
        .await;
    let cookie = session.header("set-cookie").split(';').next();
    cookie.unwrap().to_owned()
}

/// Whether the document says that it takes a fresh proof of who calls.
fn is_fresh(document: &Value, method: &str, template: &str) -> bool {
    let refused = &document["paths"][template][method.to_lowercase()]["responses"]["401"];
    let refused = refused["description"].as_str().unwrap_or_default();
    // The step up itself refuses proofs that are too weak.
    refused.contains("`step-up-required`") && !template.ends_with("/step-up")
}

#[test]
fn every_operation_answers_each_kind_of_caller_as_documents_and_policies_say() {
    // Without optimisation the matrix is deeper than the stack of a test.
    let thread = std::thread::Builder::new().stack_size(32 * 1024 * 1024);
    let asked = thread.spawn(|| {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.enable_all().build().unwrap();
        runtime.block_on(ask_every_operation());
    });
    asked.unwrap().join().unwrap();
}

async fn ask_every_operation() {
    let shop = open().await;
    let document = shop
        .visitor
        .call(Method::GET, "/v1/openapi.json", None)
        .await
        .ok(200);
    let staff = shop.visitor.sign_in(&shop.accounts.staff).await;
    let manager = shop.accounts.manager.as_ref().unwrap();
    let manager = shop.visitor.sign_in(manager).await;
    let demoted = demoted(&shop, &manager).await;
    let other = shop.visitor.sign_up("other").await;
    let (ended, deleted) = (ended(&shop).await, deleted(&shop).await);
    let key = shop.signing_key();
    let resigned = |visitor: &Visitor, change: &dyn Fn(&mut Value)| {
        visitor.with_token(&signed(visitor.token.as_deref().unwrap(), &key, change))
    };
    // So that an expired token is refused for its age, not for its signature.
    let me = resigned(&staff, &|_| {});
    me.call(Method::GET, "/v1/me", None).await.ok(200);
    let now = jiff::Timestamp::now().as_second();
    let proven = |visitor: &Visitor| resigned(visitor, &|claims| claims["auth_time"] = json!(now));
    let kept = fresh(&shop).await;
    let mut faults = Vec::new();
    for (method, template, access) in &table(&document) {
        let is_fresh = is_fresh(&document, method, template);
        let is_by_proof = BY_PROOF.contains(&(method.as_str(), template.as_str()));
        for kind in KINDS {
            let refusal = refusal(*access, is_fresh, kind);
            // Others than those that need a fresh proof do not look at its age.
            let is_known = matches!(kind, Kind::Stale) && !is_fresh;
            if is_known || is_by_proof && refusal.is_none() {
                continue;
            }
            // Some operations use their thing up, so that each caller finds fresh ones; who is refused uses none.
            let (owner, things) = match refusal {
                Some(_) => kept.clone(),
                None => fresh(&shop).await,
            };
            let path = match refusal {
                None => one_more(&document, &staff, template).await,
                Some(_) => None,
            };
            let path = path.unwrap_or_else(|| things.path(template));
            let caller = match kind {
                Kind::Anonymous | Kind::Service => shop.visitor.clone(),
                Kind::Other => proven(&other),
                Kind::Owner => owner.clone(),
                Kind::Staff => proven(&staff),
                Kind::Manager => proven(&manager),
                Kind::Demoted => demoted.clone(),
                Kind::Stale => resigned(&owner, &|claims| claims["auth_time"] = json!(now - 1000)),
                Kind::Expired => resigned(&owner, &|claims| claims["exp"] = json!(1_000_000_000)),
                Kind::Forged => owner.with_token(&forged(owner.token.as_deref().unwrap())),
                Kind::WrongIssuer => resigned(&owner, &|claims| {
                    claims["iss"] = json!("https://elsewhere.example");
                }),
                Kind::Ended => ended.clone(),
                Kind::Deleted => deleted.clone(),
                Kind::NoSecondFactor => resigned(&proven(&staff), &|claims| {
                    claims["groups"] = json!(["customer"]);
                }),
            };
            let expected = match refusal {
                Some(status) => BTreeSet::from([status]),
                None => {
                    prepare_orders(template, &things, &owner, &staff, &caller).await;
                    successes(&document, method, template)
                }
            };
            let sent = valid(&shop, &document, method, template).await;
            let who_orders = if refusal.is_some() { &owner } else { &caller };
            let sent = valid_of_orders(sent, method, template, who_orders).await;
            let product = format!("/v1/products/{}", things.product);
            let product = shop.visitor.call(Method::GET, &product, None).await;
            let key = uuid::Uuid::now_v7().to_string();
            let mut headers = vec![
                ("if-match", product.header("etag")),
                ("idempotency-key", &key),
                ("x-amz-target", "AWSCognitoIdentityService.GetId"),
            ];
            let minted = service_token();
            if matches!(kind, Kind::Service) {
                headers.push(("terrace-caller", &minted));
            }
            let cookie = match template.as_str() {
                "/v1/sessions/refresh" => cookie(&shop).await,
                _ => String::new(),
            };
            if !cookie.is_empty() {
                headers.push(("cookie", &cookie));
            }
            let verb: Method = method.parse().unwrap();
            let status = match sent {
                Sent::Nothing => caller.status(verb, &path, &headers, None).await,
                Sent::Json(body) => caller.status(verb, &path, &headers, Some(&body)).await,
                Sent::Picture => caller.upload(verb, &path, &headers, PICTURE).await,
            };
            if !expected.contains(&status) {
                let call = format!("{method} {template} as {kind:?}");
                faults.push(format!("{call}: {status}, expected {expected:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
