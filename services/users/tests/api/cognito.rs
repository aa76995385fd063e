//! People in a pool of Cognito, of the server that `TERRACE_TEST_COGNITO` names: `cargo xtask test cognito` starts
//! one. With it the tests of accounts and sessions beside this file run on a new pool each; here is what only the
//! directory does.

mod pool;

use std::time::SystemTime;

use aws_lc_rs::hmac;
use aws_sdk_cognitoidentityprovider::types::{
    PasswordPolicyType, SoftwareTokenMfaSettingsType, UserPoolPolicyType,
};
use kit::{config::Switch, identity::user_of};
use secrecy::SecretString;
use serde_json::json;
use users::{
    Error,
    directory::{Directory, SignIn, Signed},
    group::Group,
    user::{Email, Name},
};

pub(crate) use self::pool::{Pool, pool};
use crate::app::{PASSWORD, TestApp};

const REGION: &str = "eu-west-1";

/// The code that the emulator sends for a new account, and for another password.
pub(crate) const CODE: &str = "123456";
const RESET_CODE: &str = "654321";

fn rose() -> Email {
    Email::parse("rose@garden.example").unwrap()
}

fn password(text: &str) -> SecretString {
    text.into()
}

async fn signed(directory: &dyn Directory, email: &Email, password: &str) -> Signed {
    match directory.sign_in(email, &password.into()).await.unwrap() {
        SignIn::Done(signed) => *signed,
        SignIn::Challenge(challenge) => panic!("asks for {:?}", challenge.factor),
    }
}

#[tokio::test]
async fn a_new_account_waits_for_the_code_of_its_letter() {
    let app = TestApp::new().await;
    let account = json!({ "email": "rose@garden.example", "password": PASSWORD, "name": "Rose" });
    let credentials = json!({ "email": "rose@garden.example", "password": PASSWORD });
    let anonymous = app.anonymous();
    let confirm = async |code: &str| {
        let confirmation = json!({ "email": "rose@garden.example", "code": code });
        anonymous
            .post("/v1/users/confirmation", &confirmation)
            .await
    };

    let made = anonymous.post("/v1/users", &account).await.ok(201);

    assert_eq!(made["confirmed"], false);
    let early = anonymous.post("/v1/sessions", &credentials).await;
    early.refused(403, "not-confirmed");
    confirm("000000").await.refused(401, "wrong-code");
    confirm(CODE).await.ok(204);
    confirm(CODE).await.refused(401, "wrong-code");
    let tokens = anonymous.post("/v1/sessions", &credentials).await.ok(201);
    assert_eq!(tokens["user"]["id"], made["id"]);
    assert_eq!(tokens["user"]["email"], "rose@garden.example");
}

#[tokio::test]
async fn a_password_is_proven_by_srp_or_sent_with_and_without_a_secret_of_the_app() {
    for with_secret in [true, false] {
        let mut pool = Pool::new(with_secret).await;
        pool.with(&rose()).await;
        for password_auth in [Switch::Off, Switch::On] {
            pool.config.password_auth = password_auth;
            let directory = pool.open().await;

            let first = signed(&*directory, &rose(), PASSWORD).await;
            let wrong = directory.sign_in(&rose(), &"a wrong password".into()).await;
            let unknown = Email::parse("nobody@garden.example").unwrap();
            let unknown = directory.sign_in(&unknown, &PASSWORD.into()).await;

            assert!(matches!(wrong, Err(Error::WrongCredentials)));
            assert!(matches!(unknown, Err(Error::WrongCredentials)));
            let token = first.refresh.unwrap();
            let again = directory.refresh(&token).await.unwrap();
            assert_eq!(again.person.subject, first.person.subject);
            directory.sign_out(&token).await.unwrap();
            directory.sign_out(&token).await.unwrap();
            let ended = directory.refresh(&token).await;
            assert!(matches!(ended, Err(Error::SessionEnded)));
        }
    }
}

#[tokio::test]
async fn an_apps_secret_that_is_wrong_is_nobodys_wrong_password_for_ever() {
    let mut pool = Pool::new(true).await;
    pool.config.client_secret = SecretString::default();

    let directory = pool.open().await;
    let name = Name::parse("Rose").unwrap();
    let refused = directory.sign_up(&rose(), &password(PASSWORD), &name).await;

    assert!(refused.is_err());
}

#[tokio::test]
async fn groups_of_the_pool_make_staff_and_managers() {
    let pool = Pool::new(false).await;
    let directory = pool.with(&rose()).await;
    let groups = async || {
        let person = signed(&*directory, &rose(), PASSWORD).await.person;
        (person.is_staff, person.is_manager)
    };
    let set = async |group, is_in| directory.set_group(&rose(), group, is_in).await.unwrap();
    assert_eq!(groups().await, (false, false));

    set(Group::Staff, true).await;
    assert_eq!(groups().await, (true, false));
    set(Group::Manager, true).await;
    assert_eq!(groups().await, (true, true));
    set(Group::Manager, false).await;
    assert_eq!(groups().await, (true, false));
    set(Group::Manager, true).await;
    set(Group::Staff, false).await;
    assert_eq!(groups().await, (false, false));
    // Again changes nothing.
    set(Group::Staff, false).await;
    let nobody = Email::parse("nobody@garden.example").unwrap();
    let unknown = directory.set_group(&nobody, Group::Staff, true).await;
    assert!(matches!(unknown, Err(Error::NotFound)));
}

#[tokio::test]
async fn another_password_takes_the_old_one_and_ends_all_sessions() {
    let pool = Pool::new(false).await;
    let directory = pool.with(&rose()).await;
    let session = signed(&*directory, &rose(), PASSWORD)
        .await
        .refresh
        .unwrap();
    let new = password("another long password");

    // A whole second: by such the emulator tells sessions of before from those of after.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    directory.change_password(&rose(), &new).await.unwrap();

    let old = directory.sign_in(&rose(), &PASSWORD.into()).await;
    assert!(matches!(old, Err(Error::WrongCredentials)));
    signed(&*directory, &rose(), "another long password").await;
    let ended = directory.refresh(&session).await;
    assert!(matches!(ended, Err(Error::SessionEnded)));
}

#[tokio::test]
async fn a_password_is_reset_by_a_code_and_an_unknown_address_is_answered_alike() {
    let pool = Pool::new(false).await;
    let directory = pool.with(&rose()).await;
    let new = password("another long password");
    let nobody = Email::parse("nobody@garden.example").unwrap();

    directory.begin_reset(&rose()).await.unwrap();
    directory.begin_reset(&nobody).await.unwrap();

    for (email, code) in [(&rose(), "000000"), (&nobody, RESET_CODE)] {
        let refused = directory.finish_reset(email, code, &new).await;
        assert!(matches!(refused, Err(Error::WrongCode)), "{refused:?}");
    }
    directory
        .finish_reset(&rose(), RESET_CODE, &new)
        .await
        .unwrap();
    let twice = directory.finish_reset(&rose(), RESET_CODE, &new).await;
    assert!(matches!(twice, Err(Error::WrongCode)));
    signed(&*directory, &rose(), "another long password").await;
}

#[tokio::test]
async fn an_owner_proves_again_and_changes_the_password_and_one_who_forgot_it_has_a_code() {
    let app = TestApp::new().await;
    let (id, rose) = app.customer("rose@garden.example").await;
    let sign_in = async |password: &str| {
        let credentials = json!({ "email": "rose@garden.example", "password": password });
        app.anonymous().post("/v1/sessions", &credentials).await
    };
    let step_up = async |password: &str| {
        let path = "/v1/sessions/current/step-up";
        rose.post(path, &json!({ "password": password })).await
    };

    let wrong = step_up("a wrong password").await;
    wrong.refused(401, "wrong-credentials");
    let proven = step_up(PASSWORD).await.ok(200);
    assert_eq!(proven["user"]["id"], json!(id));
    let new = json!({ "password": "another long password" });
    let changed = app.proven(id, &[]).put("/v1/me/password", &new).await;
    changed.ok(204);

    sign_in(PASSWORD).await.refused(401, "wrong-credentials");
    sign_in("another long password").await.ok(201);
    let anonymous = app.anonymous();
    for email in ["rose@garden.example", "nobody@garden.example"] {
        let asked = json!({ "email": email });
        anonymous.post("/v1/password-resets", &asked).await.ok(202);
    }
    let path = "/v1/password-resets/code";
    let reset = json!({
        "email": "rose@garden.example", "code": RESET_CODE, "password": "a third long password",
    });
    anonymous.post(path, &reset).await.ok(204);
    anonymous
        .post(path, &reset)
        .await
        .refused(401, "wrong-code");
    sign_in("a third long password").await.ok(201);
}

#[tokio::test]
async fn a_password_that_the_pool_refuses_is_a_fault_of_that_field() {
    let app = TestApp::new().await;
    let pool = app.pool.as_ref().unwrap();
    let rule = PasswordPolicyType::builder()
        .minimum_length(12)
        .require_numbers(true);
    let rule = UserPoolPolicyType::builder().password_policy(rule.build());
    let stricter = pool.client.update_user_pool().user_pool_id(&pool.id);
    stricter.policies(rule.build()).send().await.unwrap();

    let account = json!({ "email": "rose@garden.example", "password": PASSWORD, "name": "Rose" });
    let refused = app.anonymous().post("/v1/users", &account).await;

    assert_eq!(refused.faults(), ["/password"]);
}

#[tokio::test]
async fn an_account_that_is_deleted_and_opened_anew_is_another_user() {
    let app = TestApp::new().await;
    let (old, _) = app.customer("rose@garden.example").await;
    let pool = app.pool.as_ref().unwrap();
    let directory = pool.open().await;

    directory.delete(&rose()).await.unwrap();
    directory.delete(&rose()).await.unwrap();

    let credentials = json!({ "email": "rose@garden.example", "password": PASSWORD });
    let gone = app.anonymous().post("/v1/sessions", &credentials).await;
    gone.refused(401, "wrong-credentials");
    let (new, rose) = app.customer("rose@garden.example").await;
    assert_ne!(old, new);
    assert_eq!(
        rose.get("/v1/me").await.ok(200)["email"],
        "rose@garden.example"
    );
    let old = app.service.customer(old).get("/v1/me").await.ok(200);
    assert_ne!(old["email"], "rose@garden.example");
}

#[tokio::test]
async fn a_user_is_called_by_the_pool_and_its_subject() {
    let app = TestApp::new().await;
    let (id, _) = app.customer("rose@garden.example").await;
    let directory = app.pool.as_ref().unwrap().open().await;

    let person = signed(&*directory, &rose(), PASSWORD).await.person;

    assert_eq!(id, user_of(directory.issuer(), &person.subject));
    assert_eq!(id.get_version_num(), 8);
}

#[tokio::test]
async fn an_authenticator_app_is_asked_for_its_code() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let pool = app.pool.as_ref().unwrap();
    let directory = pool.open().await;
    let token = signed(&*directory, &rose(), PASSWORD).await.access_token;
    let secret = pool.client.associate_software_token().access_token(&token);
    let secret = secret.send().await.unwrap().secret_code.unwrap();
    let verify = pool.client.verify_software_token().access_token(&token);
    verify.user_code(totp(&secret)).send().await.unwrap();
    let on = SoftwareTokenMfaSettingsType::builder()
        .enabled(true)
        .preferred_mfa(true);
    let prefer = pool.client.set_user_mfa_preference().access_token(&token);
    let prefer = prefer.software_token_mfa_settings(on.build());
    prefer.send().await.unwrap();

    let challenge = app.challenge("rose@garden.example").await;
    let wrong = app.finish(&challenge, "000000").await;
    wrong.refused(401, "wrong-code");
    let challenge = app.challenge("rose@garden.example").await;
    let right = app.finish(&challenge, &totp(&secret)).await;

    assert_eq!(right.ok(201)["user"]["email"], "rose@garden.example");
    let twice = app.finish(&challenge, &totp(&secret)).await;
    twice.refused(401, "challenge-expired");
}

#[tokio::test]
async fn a_pool_that_is_gone_is_unavailable_and_one_that_never_was_a_fault() {
    let mut pool = Pool::new(false).await;
    let endpoint = pool.config.endpoint.replace("http://127.0.0.1:9".into());
    let gone = pool.open().await.sign_in(&rose(), &PASSWORD.into()).await;
    pool.config.endpoint = endpoint;
    pool.name = format!("cognito:{REGION}/{REGION}_none/none")
        .parse()
        .unwrap();
    let never = pool.open().await.sign_in(&rose(), &PASSWORD.into()).await;

    assert!(matches!(gone, Err(Error::Unavailable(_))));
    let Err(Error::Directory(cause)) = never else {
        panic!("it is a fault of our settings");
    };
    assert!(
        cause.to_string().contains("ResourceNotFoundException"),
        "{cause}"
    );
}

/// What an authenticator app shows now (RFC 6238) for a secret in base32.
fn totp(secret: &str) -> String {
    let (mut key, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in secret.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            _ => letter - b'2' + 26,
        };
        bits = (bits << 5) | u32::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            key.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let step = now.unwrap().as_secs() / 30;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[19] & 15);
    let code = u32::from_be_bytes(tag[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", code % 1_000_000)
}
