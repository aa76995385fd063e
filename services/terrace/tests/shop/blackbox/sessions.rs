//! Sessions begin, are renewed and end, and so does what a token allows.

use std::time::{Duration, Instant};

use axum::http::Method;
use serde_json::json;
use terrace::data::DemoAccount;
use testkit::service::Answer;

use super::{Shop, text};
use crate::visitor;

#[tokio::test]
async fn an_ended_sessions_access_token_is_refused_within_seconds_and_others_are_not() {
    let shop = Shop::visit().await;
    let (email, password) = (
        format!("rose-{}@garden.example", uuid::Uuid::now_v7().simple()),
        "a long enough password".to_owned(),
    );
    let body = json!({ "email": email, "password": password, "name": "Rose" });
    let nobody = &shop.visitor;
    let made = nobody.call(Method::POST, "/v1/users", Some(&body)).await;
    made.ok(201);
    let account = DemoAccount { email, password };
    let here = nobody.sign_in(&account).await;
    let phone = nobody.sign_in(&account).await;
    phone.call(Method::GET, "/v1/me", None).await.ok(200);

    let ended = here.call(Method::DELETE, "/v1/me/sessions", None).await;
    ended.ok(204);

    let until = Instant::now() + Duration::from_secs(5);
    let mut answer = phone.call(Method::GET, "/v1/me", None).await;
    while answer.status == 200 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
        answer = phone.call(Method::GET, "/v1/me", None).await;
    }
    answer.refused(401, "invalid-token");
    here.call(Method::GET, "/v1/me", None).await.ok(200);
}

#[tokio::test]
async fn a_demoted_members_access_token_is_refused_within_seconds() {
    let shop = Shop::visit().await;
    let account = visitor::account("stella");
    let customer = shop.visitor.sign_up_as(&account).await;
    let me = customer.call(Method::GET, "/v1/me", None).await.ok(200);
    let manager = shop.accounts.manager.as_ref().unwrap();
    let manager = shop.visitor.sign_in(manager).await;
    let group = format!("/v1/people/{}/groups/staff", text(&me, "id"));
    manager.call(Method::PUT, &group, None).await.ok(204);
    let staff = shop.visitor.sign_in(&account).await;
    staff.try_as_staff().await.refused(422, "invalid-body");

    manager.call(Method::DELETE, &group, None).await.ok(204);

    let until = Instant::now() + Duration::from_secs(5);
    let mut answer = staff.try_as_staff().await;
    while answer.status == 422 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
        answer = staff.try_as_staff().await;
    }
    answer.refused(401, "invalid-token");
    let customer = shop.visitor.sign_in(&account).await;
    customer.try_as_staff().await.refused(403, "staff-only");
}

#[tokio::test]
async fn a_session_is_refreshed_by_its_cookie_and_ends_when_signed_out() {
    let shop = Shop::visit().await;
    let account = &shop.accounts.shopper;
    let body = json!({ "email": account.email, "password": account.password });
    let refresh = async |cookie: &str| {
        let cookie = [("cookie", cookie)];
        let path = "/v1/sessions/refresh";
        shop.visitor
            .call_with(Method::POST, path, &cookie, None)
            .await
    };

    let signed_in = shop
        .visitor
        .call(Method::POST, "/v1/sessions", Some(&body))
        .await;
    let first = cookie(&signed_in);
    let second = cookie(&refresh(&first).await);

    assert_ne!(second, first);
    assert_eq!(cookie(&refresh(&first).await), second, "within the grace");
    let headers = [("cookie", &*second)];
    let current = "/v1/sessions/current";
    shop.visitor
        .call_with(Method::DELETE, current, &headers, None)
        .await
        .ok(204);
    refresh(&second).await.refused(401, "session-ended");
    let wrong = json!({ "email": account.email, "password": "not the password" });
    let wrong = shop
        .visitor
        .call(Method::POST, "/v1/sessions", Some(&wrong))
        .await;
    wrong.refused(401, "wrong-credentials");
}

/// The cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    answer.ok(answer.status.as_u16());
    let set = answer.header("set-cookie");
    assert!(set.contains("HttpOnly"), "{set}");
    set.split(';').next().unwrap().to_owned()
}
