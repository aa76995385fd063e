//! Answers kept in Redis: what one replica changes, no other serves any more.

use http::Method;
use serde_json::json;
use testkit::redis::Server;

use crate::shop::{Shop, change, product};

#[tokio::test]
async fn a_change_at_one_replica_is_seen_at_the_other_at_once_with_and_without_redis() {
    let mut server = Server::start();
    let basil = product("Basil");
    let id = basil.id;
    let one = Shop::with_redis(vec![basil], server.url()).await;
    let two = one.replica().await;
    let path = format!("/v1/products/{id}");
    let mut price = 100;
    let mut dearer = async |what: &str| {
        // Both have the answer from before.
        for replica in [&one, &two] {
            let before = replica.product(id).await;
            assert_eq!(before, one.product(id).await, "{what}");
        }
        price += 1;
        let body = json!({ "price": { "amount": price, "currency": "USD" } });
        change(&one.staff(), Method::PATCH, &path, "*", &body)
            .await
            .ok(200);
        assert_eq!(two.product(id).await["price"]["amount"], price, "{what}");
    };

    dearer("with Redis").await;
    dearer("with Redis again").await;
    server.stop();
    dearer("without Redis").await;
    server.restart();
    dearer("with an empty Redis").await;
}

#[tokio::test]
async fn an_answer_is_made_once_for_all_replicas() {
    let server = Server::start();
    let basil = product("Basil");
    let id = basil.id;
    let one = Shop::with_redis(vec![basil], server.url()).await;
    let two = one.replica().await;
    let first = one.product(id).await;

    // Behind the service's back: only what is kept can still say what was.
    one.change_behind_its_back(id);

    assert_eq!(two.product(id).await, first);
}
