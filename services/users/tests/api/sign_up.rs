use futures::future::join_all;
use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use testkit::service::request;
use users::group::Group;

use crate::app::{PASSWORD, TestApp};

fn account(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "name": "Rose" })
}

#[tokio::test]
async fn a_stranger_opens_an_account_and_is_a_customer() {
    let app = TestApp::new().await;

    let answer = app
        .anonymous()
        .post("/v1/users", &account(" Rose@Garden.Example "))
        .await;

    let account = answer.ok(201);
    assert_eq!(account["email"], "rose@garden.example");
    assert_eq!(account["name"], "Rose");
    assert!(account["created_at"].as_str().unwrap().ends_with('Z'));
    assert!(account["confirmed"].is_boolean());
    assert_eq!(account.as_object().unwrap().len(), 5, "{account}");
    let id = account["id"].as_str().unwrap().parse().unwrap();
    let me = app.service.customer(id).get("/v1/me").await.ok(200);
    assert_eq!(me["groups"], json!(["customer"]));
}

#[tokio::test]
async fn an_address_with_an_account_is_refused_however_it_is_written() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;

    let again = app
        .anonymous()
        .post("/v1/users", &account("ROSE@garden.example"))
        .await;

    again.refused(409, "email-taken");
}

#[tokio::test]
async fn of_many_at_once_with_one_address_one_gets_the_account() {
    let app = TestApp::new().await;
    let anonymous = app.anonymous();
    let body = account("rose@garden.example");

    let answers = join_all((0..8).map(|_| anonymous.post("/v1/users", &body))).await;

    let (made, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!((made.len(), refused.len()), (1, 7));
    for answer in refused {
        answer.refused(409, "email-taken");
    }
}

#[tokio::test]
async fn every_field_at_fault_is_named() {
    let app = TestApp::new().await;
    let body = json!({ "email": "rose", "password": "too short", "name": " " });

    let answer = app.anonymous().post("/v1/users", &body).await;

    assert_eq!(answer.faults(), ["/email", "/password", "/name"]);
}

#[tokio::test]
async fn control_characters_are_refused() {
    let app = TestApp::new().await;
    let body = json!({ "email": "ro\0se@garden.example", "password": PASSWORD, "name": "Ro\0se" });

    let answer = app.anonymous().post("/v1/users", &body).await;

    assert_eq!(answer.faults(), ["/email", "/name"]);
}

#[tokio::test]
async fn a_password_has_10_to_128_characters_of_any_kind() {
    let app = TestApp::new().await;

    for (length, fits) in [(9, false), (10, true), (128, true), (129, false)] {
        let email = format!("rose{length}@garden.example");
        let letters = "grün wächst 茶樹 auf Åland 🌱 ".chars().cycle();
        let password: String = letters.take(length).collect();
        let body = json!({ "email": email, "password": password, "name": "Rose" });
        let answer = app.anonymous().post("/v1/users", &body).await;
        if fits {
            answer.ok(201);
        } else {
            assert_eq!(answer.faults(), ["/password"], "{length}");
        }
    }
}

#[tokio::test]
async fn a_password_that_is_guessed_first_is_refused_and_so_is_the_own_name() {
    let app = TestApp::new().await;

    for password in [
        "password123",
        "qwertyuiop",
        "rose@garden.example",
        "Rose Gardener",
    ] {
        let body = json!({ "email": "rose@garden.example", "password": password, "name": "Rose Gardener" });
        let answer = app.anonymous().post("/v1/users", &body).await;
        assert_eq!(answer.faults(), ["/password"], "{password}");
    }
}

#[tokio::test]
async fn nobody_makes_themself_staff() {
    let app = TestApp::new().await;
    for smuggled in ["is_staff", "groups"] {
        let mut body = account("rose@garden.example");
        body[smuggled] = json!(["staff"]);

        let answer = app.anonymous().post("/v1/users", &body).await;

        assert_eq!(answer.faults(), [format!("/{smuggled}")]);
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_of_ours_is_refused() {
    let app = TestApp::new().await;
    let anonymous = app.anonymous();
    let json =
        || request(Method::POST, "/v1/users").header(header::CONTENT_TYPE, "application/json");
    let form = request(Method::POST, "/v1/users")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let huge = format!("\"{}\"", " ".repeat(3 * 1024 * 1024));

    let broken = anonymous.send(json(), "{").await;
    let form = anonymous.send(form, "email=rose").await;
    let huge = anonymous.send(json(), huge).await;

    broken.refused(400, "invalid-json");
    form.refused(415, "unsupported-media-type");
    huge.refused(413, "body-too-large");
}

#[tokio::test]
async fn a_seeded_account_is_made_once_and_keeps_its_password() {
    let app = TestApp::new().await;
    let (first, second) = (PASSWORD.into(), "another password".into());
    let seed = async |password| {
        let name = "Sam";
        app.state
            .ensure_user("staff@terrace.example", password, name, Some(Group::Staff))
            .await
    };

    assert!(seed(&first).await.unwrap());
    assert!(!seed(&second).await.unwrap());

    let credentials = json!({ "email": "staff@terrace.example", "password": PASSWORD });
    let answer = app.anonymous().post("/v1/sessions", &credentials).await;
    let groups = &answer.ok(201)["user"]["groups"];
    assert_eq!(*groups, json!(["customer", "staff"]));
}
