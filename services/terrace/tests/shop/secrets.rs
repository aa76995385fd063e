//! The users of Redis that `terrace secrets` makes, on a real server.

use kit::{
    purge::CHANNEL,
    redis::{Redis, RedisUrl},
};
use redis::{Cmd, cmd};
use terrace::secrets;
use testkit::redis::Server;
use tokio::sync::mpsc;

fn write(key: &str) -> Cmd {
    let mut set = cmd("set");
    set.arg(key).arg("1");
    set
}

#[tokio::test]
async fn a_service_reaches_its_own_keys_on_redis_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    secrets::make(folder.path()).unwrap();
    let server = Server::start_with_users(&folder.path().join("redis/users.acl"));
    let address = server.address();
    let port = address.split(':').next_back().unwrap();
    let as_user = |user: &str| {
        let url = std::fs::read_to_string(folder.path().join(user).join("redis")).unwrap();
        let url = url.replace("redis:6379/0", &format!("127.0.0.1:{port}"));
        Redis::new(&RedisUrl::try_from(url).unwrap())
    };
    let change = || cmd("publish").arg(CHANNEL).arg("products").to_owned();
    let orders = || Cmd::xadd("events:orders", "*", &[("id", "1")]);

    for (user, own, others) in [
        ("edge", "throttle:{x}:all", "{catalog}:generation"),
        ("edge", "signature:00", "{catalog}:generation"),
        ("catalog", "{catalog}:generation", "throttle:{x}:all"),
        ("orders", "events:orders", "{catalog}:generation"),
        (
            "reports",
            "events:orders:dead:reports",
            "{catalog}:generation",
        ),
    ] {
        let redis = as_user(user);
        redis.ping().await.unwrap();
        if !own.starts_with("events:") {
            redis.call::<()>(&write(own)).await.unwrap();
        }
        let refused = redis.call::<()>(&write(others)).await.unwrap_err();
        assert!(
            refused.to_string().contains("NOPERM") || refused.to_string().contains("permission"),
            "{refused}"
        );
        redis.call::<()>(&cmd("flushall")).await.unwrap_err();
        redis
            .call::<()>(&cmd("config").arg("get").arg("*").to_owned())
            .await
            .unwrap_err();
        let named = redis.call::<()>(&change()).await;
        assert_eq!(named.is_ok(), user == "catalog", "{user}");
        assert_eq!(
            redis.call::<()>(&orders()).await.is_ok(),
            user != "edge",
            "{user}"
        );
    }
    // The edge hears what the catalog has changed.
    let (tell, mut told) = mpsc::unbounded_channel();
    let (edge, catalog) = (as_user("edge"), as_user("catalog"));
    tokio::spawn(async move {
        let hear = |tag: Option<&str>| tell.send(tag.map(str::to_owned)).unwrap();
        edge.listen(CHANNEL, hear).await
    });
    assert_eq!(told.recv().await.unwrap(), None);
    catalog.call::<()>(&change()).await.unwrap();
    assert_eq!(told.recv().await.unwrap().as_deref(), Some("products"));
    // And which sessions have ended, and says nothing of that itself.
    let ended = || Cmd::xadd("events:users", "*", &[("id", "1")]);
    as_user("users").call::<()>(&ended()).await.unwrap();
    let edge = as_user("edge");
    let read = Cmd::xread(&["events:users"], &["0"]);
    edge.call::<redis::Value>(&read).await.unwrap();
    edge.call::<()>(&ended()).await.unwrap_err();
    // Whoever has no password may ask for a sign of life.
    let nobody = Redis::new(&server.url());
    nobody.ping().await.unwrap();
    nobody.call::<()>(&write("throttle:x")).await.unwrap_err();
}
