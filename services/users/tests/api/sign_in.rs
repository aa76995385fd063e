use http::{Method, header};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use testkit::service::{Answer, request};

use crate::app::{PASSWORD, TestApp, cookie};

async fn try_to_sign_in(app: &TestApp, email: &str, password: &str) -> Answer {
    let credentials = json!({ "email": email, "password": password });
    app.anonymous().post("/v1/sessions", &credentials).await
}

#[tokio::test]
async fn a_customer_gets_tokens_and_a_cookie_that_scripts_cannot_read() {
    let app = TestApp::new().await;
    let (id, _) = app.customer("rose@garden.example").await;

    let answer = try_to_sign_in(&app, "Rose@garden.example", PASSWORD).await;

    let tokens = answer.ok(201);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 900);
    let me = json!({
        "id": id, "email": "rose@garden.example", "name": "Rose", "groups": ["customer"],
    });
    assert_eq!(tokens["user"], me);
    assert_eq!(cookie(&answer).len(), 43, "256 bits in base64url");
    let set_cookie = answer.header("set-cookie");
    let attributes = "; HttpOnly; SameSite=Strict; Max-Age=2592000; Path=/; Secure";
    assert!(set_cookie.ends_with(attributes), "{set_cookie}");
    assert!(!answer.text().contains(&cookie(&answer)));
}

#[tokio::test]
async fn the_cookie_is_secure_unless_the_shop_is_on_this_machine() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let (forwarded, proto, host) = ("x-forwarded-host", "x-forwarded-proto", "host");

    for (headers, secure) in [
        (vec![(host, "localhost:8080")], false),
        (vec![(host, "LocalHost")], false),
        (vec![(host, "127.0.0.1:8080")], false),
        (vec![(host, "[::1]:8080")], false),
        (vec![(host, "[::1]")], false),
        (vec![(host, "shop.example")], true),
        (vec![(host, "localhost.shop.example")], true),
        (vec![(host, "127.0.0.1.shop.example:80")], true),
        (vec![(host, "localhost@shop.example")], true),
        (vec![(forwarded, "shop.example"), (host, "localhost")], true),
        (vec![(forwarded, "localhost"), (host, "users:8081")], false),
        (vec![(proto, "http"), (host, "localhost")], false),
        (vec![(proto, "https"), (host, "localhost")], true),
        (vec![(proto, "http"), (host, "shop.example")], true),
        (vec![], true),
    ] {
        // Signing out sets the cookie by the same rule, and hashes no password.
        let mut request = request(Method::DELETE, "/v1/sessions/current");
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let answer = app.anonymous().send(request, "").await;
        let set_cookie = answer.header(header::SET_COOKIE.as_str());
        assert_eq!(set_cookie.contains("; Secure"), secure, "{headers:?}");
        assert_eq!(set_cookie.starts_with("__Host-"), secure, "{headers:?}");
        let path = if secure {
            "Path=/;"
        } else {
            "Path=/v1/sessions"
        };
        assert!(set_cookie.contains(path), "{set_cookie}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_refused_alike() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;

    let wrong = try_to_sign_in(&app, "rose@garden.example", "a wrong password").await;
    let unknown = try_to_sign_in(&app, "lily@garden.example", PASSWORD).await;
    let nonsense = try_to_sign_in(&app, "no address \0", PASSWORD).await;

    let wrong = wrong.refused(401, "wrong-credentials");
    for other in [unknown, nonsense] {
        assert!(other.headers.get("set-cookie").is_none());
        let other = other.refused(401, "wrong-credentials");
        assert_eq!((&other.title, &other.detail), (&wrong.title, &wrong.detail));
    }
}

#[tokio::test]
async fn an_unknown_address_costs_as_much_work_as_a_known_one() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let work = async |email| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let measuring = metrics::set_default_local_recorder(&recorder);
        try_to_sign_in(&app, email, "a wrong password").await;
        drop(measuring);
        let measured = recorder.handle().render();
        let checks = measured
            .lines()
            .find_map(|line| line.strip_prefix("password_seconds_count{work=\"check\"} "));
        checks.map_or(0, |checks| checks.parse().unwrap())
    };

    // The work is nearly all of the time: without it an absent account would be told by its speed.
    assert_eq!(work("rose@garden.example").await, 1);
    assert_eq!(work("lily@garden.example").await, 1);
    assert_eq!(work("no address").await, 1);
}

#[tokio::test]
async fn a_password_that_nobody_can_have_is_not_hashed() {
    let app = TestApp::new().await;

    let answer = try_to_sign_in(&app, "rose@garden.example", &"x".repeat(129)).await;

    assert_eq!(answer.faults(), ["/password"]);
}

/// Tries with what the browser keeps of an earlier sign-in.
async fn try_known(app: &TestApp, email: &str, password: &str, cookie: &str) -> Answer {
    let credentials = json!({ "email": email, "password": password });
    let request = request(Method::POST, "/v1/sessions")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, cookie);
    let body = credentials.to_string();
    app.anonymous().send(request, body).await
}

/// The cookie that says that the browser is known.
fn known(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").iter();
    let mut known = set
        .filter_map(|set| set.to_str().ok()?.split(';').next())
        .filter(|pair| pair.starts_with("__Host-terrace_known_8080="));
    known.next().unwrap().to_owned()
}

#[tokio::test]
async fn guesses_for_one_account_are_slowed_and_its_owner_is_not_locked_out() {
    let app = TestApp::new().await;
    let (rose, lily) = ("rose@garden.example", "lily@garden.example");
    app.customer(rose).await;
    app.customer(lily).await;
    let owners = known(&try_to_sign_in(&app, rose, PASSWORD).await);
    let recorder = PrometheusBuilder::new().build_recorder();
    let measuring = metrics::set_default_local_recorder(&recorder);

    for email in [rose, "nobody@garden.example"] {
        for _ in 0..20 {
            let wrong = try_to_sign_in(&app, email, "a wrong password").await;
            wrong.refused(401, "wrong-credentials");
        }
        for password in ["a wrong password", PASSWORD] {
            let slowed = try_to_sign_in(&app, email, password).await;
            slowed.refused(429, "too-many-guesses");
            let wait: u64 = slowed.header("retry-after").parse().unwrap();
            assert!((1..=61).contains(&wait), "{wait}");
        }
    }

    try_to_sign_in(&app, lily, PASSWORD).await.ok(201);
    try_known(&app, rose, PASSWORD, &owners).await.ok(201);
    let strangers = known(&try_to_sign_in(&app, lily, PASSWORD).await);
    let stranger = try_known(&app, rose, PASSWORD, &strangers).await;
    stranger.refused(429, "too-many-guesses");
    drop(measuring);
    let measured = recorder.handle().render();
    for counted in ["wrong\"} 40", "slowed\"} 5", "done\"} 3"] {
        let line = format!("users_sign_ins_total{{outcome=\"{counted}");
        assert!(measured.contains(&line), "{line}: {measured}");
    }
}

#[tokio::test]
async fn a_password_and_an_address_may_be_typed_on_any_keyboard() {
    let app = TestApp::new().await;
    let account = json!({
        "email": "rene\u{301}e@g\u{e4}rten.example", "name": "Rene\u{301}e",
        "password": "cr\u{e8}me br\u{fb}l\u{e9}e",
    });
    let made = app.anonymous().post("/v1/users", &account).await.ok(201);
    assert_eq!(made["name"], "Ren\u{e9}e");

    for (email, password) in [
        (
            "ren\u{e9}e@g\u{e4}rten.example",
            "cre\u{300}me bru\u{302}le\u{301}e",
        ),
        (
            "rene\u{301}e@xn--grten-gra.example",
            "cr\u{e8}me\u{a0}br\u{fb}l\u{e9}e",
        ),
    ] {
        try_to_sign_in(&app, email, password).await.ok(201);
    }
}

#[tokio::test]
async fn an_account_of_older_rules_goes_on_to_sign_in() {
    let app = TestApp::new().await;
    let database = rusqlite::Connection::open(&app.database).unwrap();
    let passwords = users::password::Passwords::default();
    for (n, email) in ["a..b@c.example", "<a>@c.example", "a@xn--grten-gra.example"]
        .iter()
        .enumerate()
    {
        let typed = "cre\u{300}me bru\u{302}le\u{301}e";
        let hash = passwords
            .hash(users::Client::OURSELVES, &typed.into())
            .await;
        let insert = "insert into user (id, email, name, password_hash, is_staff, created_at)
                      values (?1, ?2, 'Ro\u{200b}se', ?3, 0, 0)";
        let id = uuid::Uuid::now_v7();
        let row = rusqlite::params![id, email, hash.unwrap()];
        assert_eq!(database.execute(insert, row).unwrap(), 1, "{n}");

        let signed_in = try_to_sign_in(&app, email, typed).await.ok(201);

        assert_eq!(signed_in["user"]["email"], *email);
        app.service.customer(id).get("/v1/me").await.ok(200);
    }
}
