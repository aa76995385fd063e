//! Linking what somebody is at another provider to an account that is there: by its owner, and by nobody else.

use http::{Method, header};
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::service::{Answer, Client, request};
use uuid::Uuid;

use crate::{
    app::TestApp,
    letters::waiting,
    provider::{BROWSER, Provider, Way, come_back, merge, person, set_out_in, sign_in},
};

const ROSE: &str = "rose@garden.example";
const LINK: &str = "/v1/me/providers/example";
const LINKS: &str = "/v1/me/providers/example/links";
const PROOFS: &str = "/v1/me/providers/example/proofs";

/// What an answer wants the owner's consent to.
#[track_caller]
fn ticket(answer: &Answer) -> Value {
    assert!(
        !answer.headers.contains_key("set-cookie"),
        "nobody is signed in"
    );
    let problem = answer.refused(409, "consent-required");
    assert_eq!(problem.members["provider"], "example");
    json!({ "link": problem.members["link"] })
}

/// A shop with an account of a password.
async fn shop() -> (Provider, TestApp, Uuid, Client) {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let (id, _) = app.customer(ROSE).await;
    let rose = app.proven(id, &["pwd"]);
    (provider, app, id, rose)
}

/// The way of the signed-in user, to link.
async fn link(app: &TestApp, provider: &Provider, user: &Client, person: Value) -> Answer {
    let way = set_out_in(user, LINKS, None).await;
    let code = provider.grant(&way, person);
    come_back(app, &way, &code).await
}

#[tokio::test]
async fn an_account_that_has_the_address_is_linked_by_its_owners_consent_alone() {
    let (provider, app, id, rose) = shop().await;
    let before = waiting(&app).len();

    let first = ticket(&sign_in(&app, &provider, person("1", ROSE)).await);
    let listed = rose.get("/v1/me/providers").await.ok(200);
    let stale = app.service.customer(id).put(LINK, &first).await;
    let nobody = app.anonymous().put(LINK, &first).await;

    assert_eq!(listed["items"], json!([]), "nothing is linked yet");
    stale.refused(401, "step-up-required");
    assert_eq!(nobody.status, 401);
    rose.put(LINK, &first).await.ok(204);
    rose.put(LINK, &first).await.ok(204);
    assert_eq!(waiting(&app)[before..], ["provider-linked"]);
    let tokens = sign_in(&app, &provider, person("1", ROSE)).await.ok(201);
    assert_eq!(tokens["user"]["id"], json!(id));
    assert_eq!(tokens["user"]["name"], "Rose", "the account's own");
}

#[tokio::test]
async fn a_consent_is_worth_nothing_for_another_account_or_provider_or_later() {
    let provider = Provider::open().await;
    let both = ["example", "other"].map(|name| (name.to_owned(), provider.config()));
    let app = TestApp::with(|config| config.providers = both.into()).await;
    let (id, _) = app.customer(ROSE).await;
    let (lily, _) = app.customer("lily@garden.example").await;
    let rose = app.proven(id, &["pwd"]);
    let ticket = ticket(&sign_in(&app, &provider, person("1", ROSE)).await);

    let elses = app.proven(lily, &["pwd"]).put(LINK, &ticket).await;
    let elsewhere = rose.put("/v1/me/providers/other", &ticket).await;
    let nowhere = rose.put("/v1/me/providers/gone", &ticket).await;
    let forged = rose.put(LINK, &json!({ "link": "forged" })).await;
    let long = rose.put(LINK, &json!({ "link": "x".repeat(4097) })).await;
    app.clock.step(SignedDuration::from_mins(10));
    let late = app.proven(id, &["pwd"]).put(LINK, &ticket).await;

    elses.refused(409, "address-differs");
    nowhere.refused(404, "not-found");
    assert_eq!(long.faults(), ["/link"]);
    for refused in [elsewhere, forged, late] {
        refused.refused(401, "challenge-expired");
    }
    let listed = rose.get("/v1/me/providers").await.ok(200);
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn a_signed_in_user_links_a_provider_that_vouches_for_the_same_address() {
    let (provider, app, id, rose) = shop().await;
    let (lily, _) = app.customer("lily@garden.example").await;
    let lily = app.proven(lily, &["pwd"]);

    let begun = app.service.customer(id).bare(Method::POST, LINKS).await;
    let other = ticket(&link(&app, &provider, &rose, person("2", "other@garden.example")).await);
    let mut unverified = person("1", ROSE);
    merge(&mut unverified, &json!({ "email_verified": false }));
    let unverified = link(&app, &provider, &rose, unverified).await;
    let good = ticket(&link(&app, &provider, &rose, person("1", ROSE)).await);
    // The account's address, but the consent was asked of somebody else.
    let lilys = ticket(&link(&app, &provider, &lily, person("1", ROSE)).await);

    begun.refused(401, "step-up-required");
    rose.put(LINK, &other).await.refused(409, "address-differs");
    unverified.refused(403, "address-unverified");
    rose.put(LINK, &lilys)
        .await
        .refused(401, "challenge-expired");
    rose.put(LINK, &good).await.ok(204);
}

#[tokio::test]
async fn one_identity_is_one_accounts_and_an_account_has_one_at_each_provider() {
    let (provider, app, id, rose) = shop().await;
    let first = ticket(&sign_in(&app, &provider, person("1", ROSE)).await);
    let second = ticket(&sign_in(&app, &provider, person("2", ROSE)).await);
    rose.put(LINK, &first).await.ok(204);

    let taken = rose.put(LINK, &second).await;
    let tokens = sign_in(&app, &provider, person("3", "lily@garden.example")).await;
    let lily = tokens.ok(201)["user"]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let lily = app.proven(lily, &["fed"]);
    // What is linked to rose now vouches for lily's address.
    let rose_as_lily = link(&app, &provider, &lily, person("1", "lily@garden.example")).await;

    taken.refused(409, "provider-taken");
    let moved = lily.put(LINK, &ticket(&rose_as_lily)).await;
    moved.refused(409, "provider-taken");
    let tokens = sign_in(&app, &provider, person("1", ROSE)).await.ok(201);
    assert_eq!(tokens["user"]["id"], json!(id));
}

#[tokio::test]
async fn two_tabs_that_link_at_once_are_one_link_and_one_letter() {
    let (provider, app, _, rose) = shop().await;
    let before = waiting(&app).len();
    let first = set_out_in(&rose, LINKS, None).await;
    let second = set_out_in(&rose, LINKS, Some(&first.browser)).await;
    let mut tickets = Vec::new();
    for way in [&second, &first] {
        let code = provider.grant(way, person("1", ROSE));
        tickets.push(ticket(&come_back(&app, way, &code).await));
    }

    let (one, other) = tokio::join!(rose.put(LINK, &tickets[0]), rose.put(LINK, &tickets[1]));

    one.ok(204);
    other.ok(204);
    let listed = rose.get("/v1/me/providers").await.ok(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(waiting(&app)[before..], ["provider-linked"]);
}

#[tokio::test]
async fn a_provider_is_unlinked_while_another_way_in_is_left() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let tokens = sign_in(&app, &provider, person("1", ROSE)).await.ok(201);
    let id = tokens["user"]["id"].as_str().unwrap().parse().unwrap();
    let rose = app.proven(id, &["fed"]);

    let stale = app.service.customer(id).delete(LINK).await;
    let last = rose.delete(LINK).await;
    let password = json!({ "password": "violets in the evening rain" });
    rose.put("/v1/me/password", &password).await.ok(204);
    rose.delete(LINK).await.ok(204);
    let again = rose.delete(LINK).await;

    stale.refused(401, "step-up-required");
    last.refused(409, "last-way-in");
    again.refused(404, "not-found");
    assert_eq!(waiting(&app), ["password-changed", "provider-unlinked"]);
    ticket(&sign_in(&app, &provider, person("1", ROSE)).await);
}

/// Sends an answer of the provider as a fresh proof.
async fn step_up(user: &Client, way: &Way, code: &str) -> Answer {
    let body = json!({ "provider": { "state": way.state(), "code": code } });
    let begin = request(Method::POST, "/v1/sessions/current/step-up")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, format!("{BROWSER}={}", way.browser));
    user.send(begin, body.to_string()).await
}

#[tokio::test]
async fn who_has_no_password_proves_afresh_by_the_provider_which_asks_again() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let tokens = sign_in(&app, &provider, person("1", ROSE)).await.ok(201);
    let id = tokens["user"]["id"].as_str().unwrap().parse().unwrap();
    let rose = app.service.customer(id);
    let lily = sign_in(&app, &provider, person("2", "lily@garden.example")).await;
    let lily = lily.ok(201)["user"]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let lily = app.service.customer(lily);
    let way = async || set_out_in(&rose, PROOFS, None).await;

    let good = way().await;
    let good_code = provider.grant(&good, person("1", ROSE));
    let proven = step_up(&rose, &good, &good_code).await;

    assert_eq!(good.query["prompt"], "login");
    assert_eq!(good.query["max_age"], "0");
    let claims = crate::app::claims(&proven.ok(200));
    assert_eq!(claims["amr"], json!(["fed"]));
    assert!(claims["auth_time"].as_i64().unwrap() >= app.clock.now().as_second() - 5);

    let twice = step_up(&rose, &good, &good_code).await;
    twice.refused(401, "challenge-expired");
    for (claim, value) in [
        ("auth_time", json!(1)),
        ("auth_time", Value::Null),
        ("sub", json!("2")),
    ] {
        let mut rose_then = person("1", ROSE);
        rose_then[claim] = value;
        let way = way().await;
        let code = provider.grant(&way, rose_then);
        step_up(&rose, &way, &code)
            .await
            .refused(401, "provider-refused");
    }
    let (elses, at_sign_in) = (way().await, way().await);
    let code = provider.grant(&elses, person("2", "lily@garden.example"));
    let by_lily = step_up(&lily, &elses, &code).await;
    by_lily.refused(401, "challenge-expired");
    let code = provider.grant(&at_sign_in, person("1", ROSE));
    let signed_in = come_back(&app, &at_sign_in, &code).await;
    signed_in.refused(401, "challenge-expired");

    app.add_totp(id).await;
    let way = way().await;
    let code = provider.grant(&way, person("1", ROSE));
    let weak = step_up(&rose, &way, &code).await;
    weak.refused(401, "step-up-required");
}
