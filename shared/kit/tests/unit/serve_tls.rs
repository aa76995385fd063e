use std::time::Duration;

use kit::serve::{self, Limits};
use testkit::tls;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use crate::secure::{Http2, LARGE, Secure, get_request};

/// What one request by HTTP/1.1 is answered with, on a connection that goes on.
async fn ask(connection: &mut (impl AsyncRead + AsyncWrite + Unpin), path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let length = connection.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn each_client_is_served_by_the_protocol_that_it_asks_for() {
    let shop = Secure::listen(Limits::default()).await;

    for protocols in [&["http/1.1"][..], &["unheard-of", "http/1.1"], &[]] {
        let mut connection = shop.connect(protocols).await;
        let answer = ask(&mut connection, "/seen").await;
        assert!(answer.ends_with("HTTP/1.1 localhost true"), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age=60\r\n"));
    }
    let answer = shop.http2().await.get("/seen").await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), &*answer.text),
        (200, "HTTP/2.0 localhost true")
    );
    assert_eq!(answer.headers["strict-transport-security"], "max-age=60");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_begin_tls_is_hung_up_on() {
    let shop = Secure::listen(Limits::default()).await;
    let mut silent = TcpStream::connect(shop.address).await.unwrap();

    assert_eq!(silent.read(&mut [0; 16]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_certificate_is_replaced_and_no_connection_is_lost() {
    let mut shop = Secure::listen(Limits::default()).await;
    let mut before = shop.connect(&["http/1.1"]).await;
    let before_by_2 = shop.http2().await;
    ask(&mut before, "/").await;
    before_by_2.get("/").await.unwrap();

    let new = tls::pair();
    let [chain, key] = [&new.chain, &new.key].map(|text| text.as_bytes());
    let replaced = shop.certificate.replace(chain, key);
    replaced.unwrap();

    assert!(ask(&mut before, "/").await.ends_with("a fern"));
    assert_eq!(before_by_2.get("/").await.unwrap().text, "a fern");
    // The next one is shown the new one alone.
    shop.trusted = new.certificate;
    assert_eq!(shop.http2().await.get("/").await.unwrap().text, "a fern");
}

#[tokio::test]
async fn requests_in_flight_are_answered_after_the_stop_and_the_connection_ends() {
    let shop = Secure::listen(Limits::default()).await;
    let client = shop.http2().await;
    let Http2 { sender, connection } = client;
    let mut sender = sender.ready().await.unwrap();
    let (answer, _) = sender.send_request(get_request("/slow"), true).unwrap();
    // Its answer is under way when another one is there.
    let (other, _) = sender.send_request(get_request("/"), true).unwrap();
    other.await.unwrap();

    shop.stop.cancel();

    let mut body = answer.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "a fern, at last");
    drop((body, sender));
    assert_eq!(connection.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_connection_by_http_2_without_requests_ends_after_a_while() {
    let shop = Secure::listen(Limits {
        header_read: Duration::from_millis(50),
        idle: Duration::from_millis(50),
        ..Limits::default()
    })
    .await;

    let unused = shop.http2().await;
    unused.connection.await.unwrap().unwrap();
    let used = shop.http2().await;
    used.get("/slow").await.unwrap();

    used.connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_answer_that_a_client_takes_nothing_of_is_given_up_and_the_others_go_on() {
    let shop = Secure::listen(Limits {
        write: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    // One stream's window is spent before the connection's.
    let mut settings = h2::client::Builder::new();
    settings.initial_connection_window_size(1024 * 1024);
    let client = shop.http2_by(&settings).await;
    let mut sender = client.sender.clone().ready().await.unwrap();
    let (large, _) = sender.send_request(get_request("/large"), true).unwrap();
    let (ticks, _) = sender.send_request(get_request("/stream"), true).unwrap();
    let mut large = large.await.unwrap().into_body();
    let mut ticks = ticks.await.unwrap().into_body();

    // Nobody widens its window.
    let mut taken = 0;
    let ended = loop {
        match large.data().await.expect("it does not come whole") {
            Ok(data) => taken += data.len(),
            Err(fault) => break fault,
        }
    };

    assert!(ended.is_reset() && taken < LARGE, "{ended}, {taken}");
    // One that has nothing to say is not slow.
    assert!(ticks.data().await.unwrap().is_ok());
    assert_eq!(client.get("/").await.unwrap().text, "a fern");
}

#[tokio::test]
async fn a_large_answer_comes_whole() {
    let shop = Secure::listen(Limits::default()).await;

    let answer = shop.http2().await.get("/large").await.unwrap();

    assert_eq!(answer.headers["content-length"], LARGE.to_string());
    assert_eq!(answer.text.len(), LARGE);
}

#[tokio::test]
async fn plain_http_is_sent_to_the_same_address_by_https() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let _open = stop.clone().drop_guard();
    let app = serve::to_https(8443);
    tokio::spawn(serve::serve(listener, app, Limits::default(), stop));

    for (head, there) in [
        (
            "GET /plants?size=2 HTTP/1.1\r\nhost: shop.test:80",
            "shop.test:8443/plants?size=2",
        ),
        ("DELETE / HTTP/1.1\r\nhost: [::1]", "[::1]:8443/"),
        ("OPTIONS * HTTP/1.1\r\nhost: shop.test", "shop.test:8443/"),
    ] {
        let mut client = TcpStream::connect(address).await.unwrap();
        let request = format!("{head}\r\nconnection: close\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
        let there = format!("location: https://{there}\r\n");
        assert!(answer.contains(&there), "{answer}");
    }
}
