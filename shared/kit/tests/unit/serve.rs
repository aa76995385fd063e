use std::{net::Ipv4Addr, net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use kit::serve::{self, Limits};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};
use tokio_util::sync::{CancellationToken, DropGuard};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: shop.test\r\n\r\n";

/// More than any system keeps for a client that reads nothing.
const LARGE: usize = 64 * 1024 * 1024;

async fn listen(limits: Limits) -> (SocketAddr, DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let app = Router::new()
        .route("/", get(|| async { "a fern" }))
        .route("/large", get(|| async { vec![0; LARGE] }));
    tokio::spawn(serve::serve(listener, app, limits, stop.clone()));
    (address, stop.drop_guard())
}

async fn connect(from: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::from(from), 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

/// Whether a request on this connection is answered.
async fn is_served(connection: &mut TcpStream) -> bool {
    let _ = connection.write_all(REQUEST).await;
    matches!(connection.read(&mut [0; 512]).await, Ok(1..))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn one_address_has_so_many_connections_and_others_have_theirs() {
    let (shop, _open) = listen(Limits {
        client_connections: 2,
        ..Limits::default()
    })
    .await;
    let mut first = connect([127, 0, 0, 2], shop).await;
    let mut second = connect([127, 0, 0, 2], shop).await;
    assert!(is_served(&mut first).await && is_served(&mut second).await);

    assert!(!is_served(&mut connect([127, 0, 0, 2], shop).await).await);
    assert!(is_served(&mut connect([127, 0, 0, 3], shop).await).await);

    drop(first);
    // Until the server has seen its end.
    while !is_served(&mut connect([127, 0, 0, 2], shop).await).await {}
    assert!(is_served(&mut second).await);
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_hung_up_on() {
    let (shop, _open) = listen(Limits {
        write: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let mut client = TcpStream::connect(shop).await.unwrap();
    let request = b"GET /large HTTP/1.1\r\nhost: shop.test\r\n\r\n";
    client.write_all(request).await.unwrap();

    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut taken = Vec::new();
    let _ = client.read_to_end(&mut taken).await;

    assert!(taken.len() < LARGE, "all of it came after a second");
}
