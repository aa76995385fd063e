//! TLS to a Redis server with a certificate for 127.0.0.1.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{env, fs, process::Command};

use kit::redis::{Redis, RedisUrl};
use testkit::redis::Server;

/// Where the server is, for the process that trusts it.
const ADDRESS: &str = "REDIS_TLS_ADDRESS";

async fn ping(address: String) -> Result<(), String> {
    let redis = Redis::new(&RedisUrl::try_from(address).unwrap());
    redis.ping().await.map_err(|fault| fault.to_string())
}

#[tokio::test]
async fn a_server_is_spoken_to_when_the_system_trusts_its_certificate_and_not_otherwise() {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("own.pem"), folder.path().join("key.pem"));
    fs::write(&certificate, own.cert.pem()).unwrap();
    fs::write(&key, own.signing_key.serialize_pem()).unwrap();
    let server = Server::start_with_tls(&certificate, &key);

    let refused = ping(server.address()).await.unwrap_err();
    assert!(refused.to_lowercase().contains("certificate"), "{refused}");

    // What a system trusts is settled once a process, so another one trusts it.
    let trusting = Command::new(env::current_exe().unwrap())
        .args(["--exact", "among_the_trusted", "--ignored"])
        .env("SSL_CERT_FILE", &certificate)
        .env(ADDRESS, server.address())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&trusting.stdout);
    assert!(trusting.status.success(), "{told}");
    assert!(told.contains("1 passed"), "{told}");
}

#[tokio::test]
#[ignore = "is run by the test above, with the certificate among the trusted"]
async fn among_the_trusted() {
    let answer = ping(env::var(ADDRESS).unwrap()).await;

    assert_eq!(answer, Ok(()));
}
