use http::Method;
use jiff::SignedDuration;
use kit::identity::Caller;
use serde_json::{Value, json};
use testkit::service::{Client, request};
use users::group::Group;
use uuid::Uuid;

use crate::{
    app::{PASSWORD, TestApp},
    letters::Letters,
};

pub(crate) const MARA: &str = "mara@terrace.example";

/// A manager's account, and how its owner reaches the service who has just given the password.
pub(crate) async fn manager(app: &TestApp, email: &str) -> (Uuid, Client) {
    let (password, group) = (PASSWORD.into(), Some(Group::Manager));
    let made = app.state.ensure_user(email, &password, "Mara", group);
    assert!(made.await.unwrap());
    let credentials = json!({ "email": email, "password": PASSWORD });
    let tokens = app.anonymous().post("/v1/sessions", &credentials).await;
    let id = tokens.ok(201)["user"]["id"].as_str().unwrap().parse();
    let id = id.unwrap();
    (id, calls(app, id, &["customer", "staff", "manager"]))
}

/// Somebody in these groups who has just given the password.
fn calls(app: &TestApp, id: Uuid, groups: &[&str]) -> Client {
    app.service.called_by(Caller {
        issuer: "edge".into(),
        subject: Some(id),
        groups: groups.iter().map(|group| (*group).into()).collect(),
        auth_time: Some(app.clock.now().as_second()),
        amr: ["pwd".into()].into(),
        ..Caller::default()
    })
}

/// All operations, about this person.
fn operations(id: Uuid) -> Vec<(Method, String)> {
    [
        (Method::GET, "/v1/people?q=rose"),
        (Method::GET, "/v1/people/{id}"),
        (Method::PUT, "/v1/people/{id}/groups/staff"),
        (Method::PUT, "/v1/people/{id}/groups/manager"),
        (Method::DELETE, "/v1/people/{id}/groups/staff"),
        (Method::DELETE, "/v1/people/{id}/groups/manager"),
        (Method::DELETE, "/v1/people/{id}/sessions"),
        (Method::DELETE, "/v1/people/{id}/second-factors"),
        (Method::GET, "/v1/audit"),
    ]
    .map(|(method, path)| (method, path.replace("{id}", &id.to_string())))
    .into()
}

async fn groups(mara: &Client, id: Uuid) -> Value {
    let person = mara.get(&format!("/v1/people/{id}")).await.ok(200);
    person["groups"].clone()
}

#[tokio::test]
async fn nobody_but_a_manager_reaches_people() {
    let app = TestApp::new().await;
    let (_, mara) = manager(&app, MARA).await;
    let (id, rose) = app.customer("rose@garden.example").await;

    for (method, path) in operations(id) {
        let call = async |client: &Client| client.bare(method.clone(), &path).await;
        let anonymous = call(&app.anonymous()).await;
        anonymous.refused(401, "sign-in-required");
        call(&rose).await.refused(403, "managers-only");
        let staff = calls(&app, id, &["customer", "staff"]);
        call(&staff).await.refused(403, "managers-only");
        let neighbour = call(&app.service.neighbour("orders")).await;
        neighbour.refused(401, "untrusted-caller");
        let stranger = call(&app.service.untrusted()).await;
        stranger.refused(401, "untrusted-caller");
    }

    assert_eq!(groups(&mara, id).await, json!(["customer"]));
    let log = mara.get("/v1/audit").await.ok(200);
    assert_eq!(log["items"], json!([]));
}

#[tokio::test]
async fn a_change_takes_a_fresh_proof_and_a_manager_of_now() {
    let app = TestApp::new().await;
    let (mara_id, _) = manager(&app, MARA).await;
    let (id, _) = app.customer("rose@garden.example").await;
    let changes = operations(id);
    let changes = || changes.iter().filter(|it| it.0 != Method::GET);

    for (method, path) in changes() {
        let stale = app.service.manager(mara_id);
        let refused = stale.bare(method.clone(), path).await;
        refused.refused(401, "step-up-required");
        // A token of another issuer may say what it likes.
        let nobody = calls(&app, Uuid::now_v7(), &["customer", "staff", "manager"]);
        let refused = nobody.bare(method.clone(), path).await;
        refused.refused(403, "managers-only");
    }
    // With a second factor a password alone is not enough.
    app.add_totp(mara_id).await;
    let mara = calls(&app, mara_id, &["customer", "staff", "manager"]);
    for (method, path) in changes() {
        let refused = mara.bare(method.clone(), path).await;
        refused.refused(401, "step-up-required");
    }
}

#[tokio::test]
async fn people_are_found_and_their_account_is_told_without_secrets() {
    let app = TestApp::new().await;
    let (_, mara) = manager(&app, MARA).await;
    let (id, _) = app.customer("rose@garden.example").await;
    let (lily, _) = app.customer("lily@garden.example").await;
    app.sign_in("rose@garden.example").await;
    app.add_totp(id).await;

    let found = mara.get("/v1/people?q=ROSE%40").await.ok(200);
    let page = mara.get("/v1/people?q=rose&limit=1").await.ok(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let path = format!("/v1/people?q=rose&limit=1&cursor={cursor}");
    let last = mara.get(&path).await.ok(200);
    let person = mara.get(&format!("/v1/people/{id}")).await.ok(200);

    let items = found["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["id"], json!(id));
    assert_eq!(items[0]["email"], "rose@garden.example");
    assert_eq!(items[0]["groups"], json!(["customer"]));
    // Both are called Rose.
    assert_eq!(page["items"][0]["id"], json!(id));
    assert_eq!(last["items"][0]["id"], json!(lily));
    assert_eq!(last["next_cursor"], Value::Null);
    let mut told = person;
    told["created_at"] = "then".into();
    assert_eq!(
        told,
        json!({
            "id": id, "email": "rose@garden.example", "name": "Rose", "groups": ["customer"],
            "created_at": "then",
            "entry": {
                "email_proven": false, "sessions": 1, "totp": true, "passkeys": 0, "recovery_codes": 10,
            },
        })
    );
    let nobody = mara.get(&format!("/v1/people/{}", Uuid::now_v7())).await;
    nobody.refused(404, "not-found");
}

#[tokio::test]
async fn what_is_not_understood_is_refused_and_changes_nothing() {
    let app = TestApp::new().await;
    let (_, mara) = manager(&app, MARA).await;
    let (id, _) = app.customer("rose@garden.example").await;
    let long = "a".repeat(255);

    for path in [
        "/v1/people".to_owned(),
        "/v1/people?q=".to_owned(),
        "/v1/people?q=%20".to_owned(),
        "/v1/people?q=a%00".to_owned(),
        "/v1/people?q=%E2%80%AE".to_owned(),
        format!("/v1/people?q={long}"),
        "/v1/people?q=a&limit=0".to_owned(),
        "/v1/people?q=a&limit=101".to_owned(),
        "/v1/people?q=a&email=a".to_owned(),
        "/v1/people/rose".to_owned(),
        "/v1/audit?person=rose".to_owned(),
        "/v1/audit?limit=-1".to_owned(),
        "/v1/audit?q=a".to_owned(),
    ] {
        mara.get(&path).await.refused(400, "bad-parameter");
    }
    for path in ["/v1/people?q=a&cursor=x", "/v1/audit?cursor=bm8"] {
        mara.get(path).await.refused(400, "bad-cursor");
    }
    for (method, path) in [
        (Method::PUT, "/v1/people/rose/groups/staff".to_owned()),
        (Method::PUT, format!("/v1/people/{id}/groups/customer")),
        (Method::PUT, format!("/v1/people/{id}/groups/Staff")),
        (Method::DELETE, format!("/v1/people/{id}/groups/root")),
        (Method::PUT, format!("/v1/people/{id}/groups/staff?reason=")),
        (
            Method::PUT,
            format!("/v1/people/{id}/groups/staff?reason=a%0Ab"),
        ),
        (
            Method::PUT,
            format!("/v1/people/{id}/groups/staff?reason={long}"),
        ),
        (Method::PUT, format!("/v1/people/{id}/groups/staff?why=a")),
        (
            Method::DELETE,
            format!("/v1/people/{id}/sessions?reason=%20"),
        ),
        (Method::DELETE, "/v1/people/me/sessions".to_owned()),
        (Method::DELETE, "/v1/people/me/second-factors".to_owned()),
    ] {
        let refused = mara.bare(method, &path).await;
        refused.refused(400, "bad-parameter");
    }
    for (method, path) in operations(Uuid::now_v7()) {
        if path.contains("/people/") {
            mara.bare(method, &path).await.refused(404, "not-found");
        }
    }

    assert_eq!(groups(&mara, id).await, json!(["customer"]));
    assert_eq!(mara.get("/v1/audit").await.ok(200)["items"], json!([]));
}

#[tokio::test]
async fn a_group_is_given_and_taken_and_the_owner_is_told() {
    let app = TestApp::new().await;
    let mut letters = Letters::of(&app);
    let (_, mara) = manager(&app, MARA).await;
    let (id, _) = app.customer("rose@garden.example").await;
    letters.next().await;
    let cookie = app.sign_in("rose@garden.example").await;
    let path = format!("/v1/people/{id}/groups/manager");

    for _ in 0..2 {
        mara.bare(Method::PUT, &path).await.ok(204);
    }
    let renewed = app.refresh(&cookie).await;
    let cookie = crate::app::cookie(&renewed);
    let all = json!(["customer", "staff", "manager"]);
    assert_eq!(crate::app::claims(&renewed.ok(200))["groups"], all);
    for _ in 0..2 {
        mara.delete(&path).await.ok(204);
    }

    assert_eq!(groups(&mara, id).await, json!(["customer", "staff"]));
    app.refresh(&cookie).await.refused(401, "session-ended");
    let given = letters.next().await;
    assert_eq!(
        (&given["kind"], &given["group"]),
        (&json!("group-given"), &json!("manager"))
    );
    assert_eq!(given["to"], "rose@garden.example");
    assert_eq!(letters.next().await, "session.ended");
    let taken = letters.next().await;
    assert_eq!(
        (&taken["kind"], &taken["group"]),
        (&json!("group-taken"), &json!("manager"))
    );
    letters.end().await;
}

#[tokio::test]
async fn who_was_a_member_while_signing_in_gets_no_token_that_says_so_after_it_was_taken() {
    let app = TestApp::new().await;
    let (_, mara) = manager(&app, MARA).await;
    let (id, _) = app.customer("rose@garden.example").await;
    let path = format!("/v1/people/{id}/groups/staff");
    let credentials = json!({ "email": "rose@garden.example", "password": PASSWORD });

    // The group goes while passwords are checked, at any moment of it.
    for wait_ms in (0..60).step_by(6) {
        mara.bare(Method::PUT, &path).await.ok(204);
        let anonymous = app.anonymous();
        let take = async {
            tokio::time::sleep(std::time::Duration::from_millis(wait_ms)).await;
            mara.delete(&path).await.ok(204);
        };
        let (signed_in, ()) = tokio::join!(anonymous.post("/v1/sessions", &credentials), take);
        let cookie = crate::app::cookie(&signed_in);
        let groups = crate::app::claims(&signed_in.ok(201))["groups"].clone();
        let says_staff = groups != json!(["customer"]);
        let is_over = app.refresh(&cookie).await.status == 401;
        assert!(is_over || !says_staff, "after {wait_ms} ms");
    }
}

#[tokio::test]
async fn sessions_are_ended_and_factors_reset_for_who_lost_the_phone() {
    let app = TestApp::new().await;
    let mut letters = Letters::of(&app);
    let (_, mara) = manager(&app, MARA).await;
    let (id, _) = app.customer("rose@garden.example").await;
    letters.next().await;
    let cookie = app.sign_in("rose@garden.example").await;
    app.add_totp(id).await;
    assert_eq!(letters.next().await["kind"], "factor-added");
    let challenge = app.challenge("rose@garden.example").await;
    let person = format!("/v1/people/{id}");

    mara.delete(&format!("{person}/sessions")).await.ok(204);
    app.refresh(&cookie).await.refused(401, "session-ended");
    let factors = format!("{person}/second-factors?reason=Lost%20phone");
    for _ in 0..2 {
        mara.delete(&factors).await.ok(204);
    }

    assert_eq!(letters.next().await, "session.ended");
    assert_eq!(letters.next().await["kind"], "factors-reset");
    letters.end().await;
    app.sign_in("rose@garden.example").await;
    app.finish(&challenge, "123456")
        .await
        .refused(401, "wrong-code");
    let told = mara.get(&person).await.ok(200);
    assert_eq!(told["entry"]["totp"], false);
    assert_eq!(told["entry"]["recovery_codes"], 0);
}

#[tokio::test]
async fn nobody_looks_after_their_own_account_and_the_last_manager_stays() {
    let app = TestApp::new().await;
    let (mara_id, mara) = manager(&app, MARA).await;
    for (method, path) in operations(mara_id) {
        if method != Method::GET {
            mara.bare(method, &path).await.refused(409, "own-account");
        }
    }
    let (stella_id, stella) = manager(&app, "stella@terrace.example").await;
    let [of_mara, of_stella] =
        [mara_id, stella_id].map(|id| format!("/v1/people/{id}/groups/manager"));

    let (first, second) = tokio::join!(mara.delete(&of_stella), stella.delete(&of_mara));

    // The other one is no manager by then.
    let (done, refused) = match first.status.as_u16() {
        204 => (first, second),
        _ => (second, first),
    };
    done.ok(204);
    refused.refused(403, "managers-only");
}

#[tokio::test]
async fn the_log_says_who_did_what_to_whom_from_where_and_why() {
    let app = TestApp::new().await;
    let (mara_id, mara) = manager(&app, MARA).await;
    let (id, _) = app.customer("rose@garden.example").await;
    let (lily, _) = app.customer("lily@garden.example").await;
    let give = format!("/v1/people/{id}/groups/staff?reason=Works%20here%20from%20May");
    let give = request(Method::PUT, &give).header("x-forwarded-for", "203.0.113.7");
    mara.send(give, "").await.ok(204);
    app.clock.step(SignedDuration::from_secs(1));
    mara.delete(&format!("/v1/people/{lily}/sessions"))
        .await
        .ok(204);

    let all = mara.get("/v1/audit?limit=1").await.ok(200);
    let cursor = all["next_cursor"].as_str().unwrap();
    let path = format!("/v1/audit?limit=1&cursor={cursor}");
    let mut older = mara.get(&path).await.ok(200);
    let of_rose = mara.get(&format!("/v1/audit?person={id}")).await.ok(200);

    let newest = &all["items"][0];
    assert_eq!(newest["action"], "end-sessions");
    assert_eq!(newest["person"]["id"], json!(lily));
    assert_eq!(
        (&newest["group"], &newest["reason"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(of_rose["items"], older["items"]);
    assert_eq!(older["next_cursor"], Value::Null);
    let entry = older["items"][0].as_object_mut().unwrap();
    entry.remove("id").unwrap();
    let at = entry.remove("at").unwrap();
    assert!(at.as_str() < newest["at"].as_str());
    assert_eq!(
        older["items"][0],
        json!({
            "actor": { "id": mara_id, "name": "Mara" },
            "action": "give-group", "group": "staff",
            "person": { "id": id, "name": "Rose" },
            "network": "203.0.113.0/24", "reason": "Works here from May",
        })
    );
}
