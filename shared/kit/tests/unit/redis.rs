//! Redis that is not there.

use kit::redis::{Redis, RedisUrl};

#[test]
fn a_url_is_checked_and_never_shown() {
    let url = RedisUrl::try_from("redis://:secret@127.0.0.1:6379/0".to_owned()).unwrap();

    assert!(!format!("{url:?}").contains("secret"));
    assert!(RedisUrl::try_from("rediss://cache.example:6380".to_owned()).is_ok());
    for bad in ["127.0.0.1:6379", "postgres://127.0.0.1/x", ""] {
        assert!(RedisUrl::try_from(bad.to_owned()).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn an_absent_server_fails_at_once_after_the_first_call() {
    let url = RedisUrl::try_from("redis://127.0.0.1:1/".to_owned()).unwrap();
    let redis = Redis::new(&url);

    let first = redis.call::<String>(&redis::cmd("ping")).await.unwrap_err();
    let second = redis.call::<String>(&redis::cmd("ping")).await.unwrap_err();

    assert!(!first.to_string().contains("a moment ago"), "{first}");
    assert!(second.to_string().contains("a moment ago"), "{second}");
}
