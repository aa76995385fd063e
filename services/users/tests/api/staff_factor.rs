use kit::clock::Clock;
use secrecy::SecretString;
use serde_json::json;
use testkit::service::Service;
use users::{Config, StaffFactor, group::Group};

use crate::app::{PASSWORD, claims, config};

#[tokio::test]
async fn where_it_is_required_staff_without_a_second_factor_are_customers() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        staff_factor: StaffFactor::Required,
        ..config(folder.path().join("users.db"))
    };
    let state = users::connect(&config).await.unwrap();
    let password: SecretString = PASSWORD.into();
    let made = state.ensure_user(
        "stella@garden.example",
        &password,
        "Stella",
        Some(Group::Staff),
    );
    made.await.unwrap();
    let service = Service::by(Clock::default(), "users", users::app(state));
    let credentials = json!({ "email": "stella@garden.example", "password": PASSWORD });

    let anonymous = service.anonymous();
    let tokens = anonymous.post("/v1/sessions", &credentials).await.ok(201);

    assert_eq!(claims(&tokens)["groups"], json!(["customer"]));
    assert_eq!(tokens["user"]["groups"], json!(["customer"]));
    assert_eq!(tokens["user"]["needs_second_factor"], true);
}
