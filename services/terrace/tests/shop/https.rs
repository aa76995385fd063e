//! The shop by https, as `--tls` opens it.

use std::{fs, net::SocketAddr, path::Path, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::process::{Process, free_ports, terrace};

/// A shop by https, and what is in the file of its authority.
async fn open(data: &Path, ports: [u16; 3]) -> (Process, Vec<u8>) {
    let shop = Process::run(terrace(data, ports).arg("--tls"), ports);
    for port in [ports[0], ports[1]] {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    (shop, fs::read(data.join("ca.pem")).unwrap())
}

/// What is answered at this port to who trusts the authority.
async fn ask(port: u16, authority: &[u8], request: &str, rest: &str) -> String {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let trusted = testkit::tls::read(authority);
    let connected = testkit::tls::connect(address, &trusted, &["http/1.1"]).await;
    let mut connection = connected.unwrap();
    let head = format!("host: localhost:{port}\r\nconnection: close");
    let request = format!("{request} HTTP/1.1\r\n{head}\r\n{rest}");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn by_https_every_address_that_is_told_is_https_and_a_session_is_for_tls_alone() {
    let (folder, ports) = (tempfile::tempdir().unwrap(), free_ports());
    let (shop, authority) = open(folder.path(), ports).await;
    let [api, site] = [ports[0], ports[1]].map(|port| format!("https://localhost:{port}"));
    let post = async |path: &str, body: &str| {
        let length = body.len();
        let rest = format!(
            "origin: {site}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        ask(ports[0], &authority, &format!("POST {path}"), &rest).await
    };

    let config = ask(ports[1], &authority, "GET /config.json", "\r\n").await;
    let issuer = "GET /.well-known/openid-configuration";
    let issuer = ask(ports[0], &authority, issuer, "\r\n").await;
    let (email, password) = ("rose@garden.example", "a long enough password");
    let account = format!(r#"{{"email":"{email}","password":"{password}","name":"Rose"}}"#);
    let account = post("/v1/users", &account).await;
    let session = format!(r#"{{"email":"{email}","password":"{password}"}}"#);
    let session = post("/v1/sessions", &session).await;

    assert!(
        config.ends_with(&format!(r#"{{"api":"{api}"}}"#)),
        "{config}"
    );
    // It would be for every program on this machine.
    assert!(!config.contains("strict-transport-security"), "{config}");
    assert!(issuer.contains(&format!(r#""issuer":"{api}""#)), "{issuer}");
    assert!(account.starts_with("HTTP/1.1 201 "), "{account}");
    let allowed = format!("access-control-allow-origin: {site}\r\n");
    assert!(session.contains(&allowed), "{session}");
    let cookie = format!("set-cookie: __Host-terrace_refresh_{}=", ports[0]);
    let cookie = session.lines().find(|line| line.starts_with(&cookie));
    assert!(
        cookie.is_some_and(|it| it.ends_with("; Secure")),
        "{session}"
    );
    assert_eq!(shop.interrupt(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authority_that_was_trusted_once_signs_after_every_start() {
    let (folder, ports) = (tempfile::tempdir().unwrap(), free_ports());
    let (shop, authority) = open(folder.path(), ports).await;
    shop.kill();

    let (shop, again) = open(folder.path(), ports).await;

    assert_eq!(again, authority);
    ask(ports[0], &authority, "GET /v1/categories", "\r\n").await;
    shop.kill();
}
