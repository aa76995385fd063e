//! Answers kept in Redis: what one replica changes, no other serves any more.

use http::Method;
use kit::{purge::CHANNEL, redis::Redis};
use redis::cmd;
use serde_json::json;
use testkit::redis::Server;
use tokio::sync::mpsc;

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

#[tokio::test]
async fn who_changes_what_redis_cannot_forget_reads_the_change_at_once() {
    let server = Server::start();
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with_redis(vec![basil], server.url()).await;
    let redis = Redis::new(&server.url());
    let path = format!("/v1/products/{id}");
    assert_eq!(shop.product(id).await["price"]["amount"], 1000);

    // As a replica Redis still answers what it has, and takes no writes.
    let replica = cmd("replicaof").arg("127.0.0.1").arg(1).to_owned();
    redis.call::<()>(&replica).await.unwrap();
    let body = json!({ "price": { "amount": 1200, "currency": "USD" } });
    change(&shop.staff(), Method::PATCH, &path, "*", &body)
        .await
        .ok(200);

    assert_eq!(shop.product(id).await["price"]["amount"], 1200);
    let primary = cmd("replicaof").arg("no").arg("one").to_owned();
    redis.call::<()>(&primary).await.unwrap();
    assert_eq!(shop.product(id).await["price"]["amount"], 1200);
}

#[tokio::test]
async fn a_write_names_what_it_changed_to_who_keeps_answers_elsewhere() {
    let server = Server::start();
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with_redis(vec![basil], server.url()).await;
    let (tell, mut told) = mpsc::unbounded_channel();
    let redis = Redis::new(&server.url());
    tokio::spawn(async move {
        let hear = |tag: Option<&str>| tell.send(tag.map(str::to_owned)).unwrap();
        redis.listen(CHANNEL, hear).await
    });
    assert_eq!(told.recv().await.unwrap(), None);

    let body = json!({ "price": { "amount": 1200, "currency": "USD" } });
    let path = format!("/v1/products/{id}");
    change(&shop.staff(), Method::PATCH, &path, "*", &body)
        .await
        .ok(200);

    assert_eq!(told.recv().await.unwrap().as_deref(), Some("products"));
}
