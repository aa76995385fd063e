//! The program as it is shipped: started from its settings with the demo accounts, stopped.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use axum::http::Method;
use kit::identity::{CALLER_HEADER, Caller, Minter};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{
    program::Program,
    service::{Client, request},
};

const KEY: &str = "an-invoke-key-for-tests-alone-01";

#[tokio::test]
async fn it_starts_with_the_demo_accounts_and_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut accounts = json!({
        "shopper": { "email": "shopper@terrace.example", "password": "a long password" },
        "staff": { "email": "staff@terrace.example", "password": "another long password" },
    });
    let file = folder.path().join("demo_accounts.json");
    std::fs::write(&file, accounts.to_string()).unwrap();
    let store = format!("sqlite:{}", folder.path().join("users.db").display());
    let signing_key = users::generate_signing_key();
    let settings = [
        ("STORE", store.as_str()),
        ("INVOKE_KEYS", KEY),
        ("SIGNING_KEY", signing_key.expose_secret()),
        ("LETTER_KEYS", KEY),
        ("ORDERS__INVOKE_KEY", KEY),
        ("NOTICES__INVOKE_KEY", KEY),
        ("DEMO_ACCOUNTS", file.to_str().unwrap()),
    ];

    for start in ["first", "second", "third"] {
        if start == "third" {
            // Its owner has lost the file, and another one was made.
            accounts["staff"]["password"] = json!("a new long password");
            std::fs::write(&file, accounts.to_string()).unwrap();
        }
        let mut users = Program::start(env!("CARGO_BIN_EXE_users"), "users", &settings);
        users.ready().await;
        let printed = users.run("demo-accounts").stdout;
        assert_eq!(serde_json::from_slice::<Value>(&printed).unwrap(), accounts);
        let signed_in = sign_in(&users, &accounts["staff"]).await;
        assert_eq!(signed_in, 201, "at the {start} start");
        users.lives_as_programs_do().await;
    }
}

#[tokio::test]
async fn whoever_runs_it_makes_an_account_one_of_the_staff() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("users.db").display());
    let signing_key = users::generate_signing_key();
    let settings = [
        ("STORE", store.as_str()),
        ("INVOKE_KEYS", KEY),
        ("SIGNING_KEY", signing_key.expose_secret()),
        ("LETTER_KEYS", KEY),
        ("ORDERS__INVOKE_KEY", KEY),
        ("NOTICES__INVOKE_KEY", KEY),
    ];
    let mut users = Program::start(env!("CARGO_BIN_EXE_users"), "users", &settings);
    users.ready().await;
    let account = json!({
        "email": "rose@garden.example", "name": "Rose", "password": "a long password",
    });
    assert_eq!(post(&users, "/v1/users", &account).await, 201);

    let made = users.run_with("make-staff", "Rose@garden.example\n");
    let unknown = users.run_with("make-staff", "lily@garden.example\n");
    let none = users.run_with("make-staff", "\n");

    assert!(made.status.success(), "{made:?}");
    let given = users.run("people give rose@garden.example manager --reason First");
    assert!(given.status.success(), "{given:?}");
    let found = users.run("people find ROS");
    let found = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(found.contains("customer,staff,manager  rose@garden.example  Rose"));
    let last = users.run("people take rose@garden.example staff");
    let last = String::from_utf8_lossy(&last.stderr).into_owned();
    assert!(last.contains("the last manager"), "{last}");
    let log = users.run("people audit --of rose@garden.example");
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    assert!(log.contains("give-group  manager") && log.contains("give-group  staff"));
    assert_eq!(users.run("people").status.code(), Some(2));
    for (refused, said) in [(unknown, "sign up first"), (none, "e-mail address")] {
        assert_eq!(refused.status.code(), Some(1));
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(told.starts_with("users: ") && told.contains(said), "{told}");
    }
}

#[tokio::test]
async fn nothing_personal_reaches_the_log_at_any_level_on_either_database() {
    const MARK: &str = "zmarkz";
    let folder = tempfile::tempdir().unwrap();
    let database = testkit::postgres::database().await;
    let sqlite = format!("sqlite:{}", folder.path().join("users.db").display());
    let signing_key = users::generate_signing_key();
    for store in [&sqlite, &database.url_text()] {
        let log = folder.path().join("log");
        let settings = [
            ("STORE", store.as_str()),
            ("INVOKE_KEYS", KEY),
            ("SIGNING_KEY", signing_key.expose_secret()),
            ("LETTER_KEYS", KEY),
            ("ORDERS__INVOKE_KEY", KEY),
            ("NOTICES__INVOKE_KEY", KEY),
            ("LOG_LEVEL", "trace"),
        ];
        let binary = env!("CARGO_BIN_EXE_users");
        let mut users = Program::start_with_log(binary, "users", &settings, &log);
        users.ready().await;

        let email = format!("{MARK}@garden.example");
        let password = format!("{MARK} is a long password");
        let account = json!({ "email": email, "name": MARK, "password": password });
        let credentials = json!({ "email": email, "password": password });
        let guess = json!({ "email": email, "password": format!("{MARK} guessed") });
        assert_eq!(post(&users, "/v1/users", &account).await, 201);
        assert_eq!(post(&users, "/v1/users", &account).await, 409);
        assert_eq!(post(&users, "/v1/sessions", &guess).await, 401);
        assert_eq!(post(&users, "/v1/sessions", &credentials).await, 201);
        users.lives_as_programs_do().await;

        let log = std::fs::read_to_string(&log).unwrap();
        // Of PostgreSQL's statements nothing is logged at all.
        assert!(log.contains("TRACE") || store != &sqlite, "{log}");
        for told in [MARK, "$argon2id$"] {
            let line = log.lines().find(|line| line.contains(told));
            assert_eq!(line, None, "{told}");
        }
    }
}

async fn sign_in(users: &Program, account: &Value) -> u16 {
    post(users, "/v1/sessions", account).await
}

async fn post(users: &Program, path: &str, body: &Value) -> u16 {
    let edge = Caller {
        issuer: "edge".into(),
        route: "test".into(),
        ..Caller::default()
    };
    let token = Minter::new("users", &KEY.into()).unwrap().mint(edge);
    let request = request(Method::POST, path)
        .header(CALLER_HEADER, token)
        .header("content-type", "application/json");
    let client = Client::outside(users.upstream());
    client.send(request, body.to_string()).await.status.as_u16()
}
