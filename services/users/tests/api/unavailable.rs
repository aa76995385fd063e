use serde_json::json;
use testkit::{
    postgres::{Server, Sync},
    service::Service,
};
use users::Config;

use crate::app::{PASSWORD, config};

#[tokio::test]
async fn without_its_database_users_is_unavailable_until_it_is_back() {
    let mut server = Server::start(Sync::On);
    let database = server.database().await;
    let config = Config {
        store: database.url(),
        ..config("unused".into())
    };
    let state = users::connect(&config).await.unwrap();
    let (ready, service) = (state.ready(), Service::new("users", users::app(state)));
    let anonymous = service.anonymous();
    let account = json!({ "email": "rose@garden.example", "password": PASSWORD, "name": "Rose" });
    let credentials = json!({ "email": "rose@garden.example", "password": PASSWORD });
    anonymous.post("/v1/users", &account).await.ok(201);
    ready().await.unwrap();

    server.stop();

    for _ in 0..2 {
        let refused = anonymous.post("/v1/sessions", &credentials).await;
        refused.refused(503, "unavailable");
        let not_ready = ready().await.unwrap_err();
        assert!(not_ready.starts_with("users: "), "{not_ready}");
    }

    server.restart();

    ready().await.unwrap();
    anonymous.post("/v1/sessions", &credentials).await.ok(201);
    anonymous
        .post("/v1/users", &account)
        .await
        .refused(409, "email-taken");
}
