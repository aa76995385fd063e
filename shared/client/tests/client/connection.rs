use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::body::to_bytes;
use client::Upstream;
use futures::StreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use crate::replica::{at, get};

const KNOWN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\na plant";
const CHUNKED: &str =
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\na \r\n5\r\nplant\r\n0\r\n\r\n";
const NONE: &str = "HTTP/1.1 204 No Content\r\n\r\n";
const LAST: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 7\r\n\r\na plant";
const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\na pl";

/// A service that answers these texts, one after another, on however many connections.
struct Raw {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// Tells of each connection that its client has closed.
    closed: mpsc::UnboundedReceiver<()>,
}

impl Raw {
    async fn answering(answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (tell, closed) = mpsc::unbounded_channel();
        let (answers, next) = (Arc::<[_]>::from(answers), Arc::new(AtomicUsize::new(0)));
        let counted = connections.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let (answers, next, tell) = (answers.clone(), next.clone(), tell.clone());
                tokio::spawn(async move {
                    while heard(&mut stream).await {
                        let answer = answers[next.fetch_add(1, Ordering::SeqCst)];
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                    let _ = tell.send(());
                });
            }
        });
        Self {
            address,
            connections,
            closed,
        }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Whether another head came, and not the end.
async fn heard(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

async fn answer(upstream: &Upstream) -> String {
    let answer = upstream.send(get()).await.unwrap();
    let body = to_bytes(answer.into_body(), 100).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn requests_one_after_another_share_a_connection_however_their_answers_end() {
    let service = Raw::answering(&[KNOWN, CHUNKED, NONE, KNOWN]).await;
    let upstream = at(&[service.address]);

    for expected in ["a plant", "a plant", "", "a plant"] {
        assert_eq!(answer(&upstream).await, expected);
    }

    assert_eq!(service.connections(), 1);
}

#[tokio::test]
async fn requests_at_once_have_connections_of_their_own_which_are_used_again() {
    let service = Raw::answering(&[KNOWN; 6]).await;
    let upstream = at(&[service.address]);

    let both = tokio::join!(answer(&upstream), answer(&upstream));
    assert_eq!(both, ("a plant".to_owned(), "a plant".to_owned()));
    assert_eq!(service.connections(), 2);

    for _ in 0..4 {
        assert_eq!(answer(&upstream).await, "a plant");
    }
    assert_eq!(service.connections(), 2);
}

#[tokio::test]
async fn a_connection_that_its_service_closes_is_not_used_again() {
    let service = Raw::answering(&[LAST, LAST]).await;
    let upstream = at(&[service.address]);

    for _ in 0..2 {
        assert_eq!(answer(&upstream).await, "a plant");
    }

    assert_eq!(service.connections(), 2);
}

#[tokio::test]
async fn who_reads_half_an_answer_hangs_up() {
    let mut service = Raw::answering(&[HALF, KNOWN]).await;
    let upstream = at(&[service.address]);

    let mut half = upstream
        .send(get())
        .await
        .unwrap()
        .into_body()
        .into_data_stream();
    assert_eq!(half.next().await.unwrap().unwrap(), "a pl");
    drop(half);

    service.closed.recv().await.unwrap();
    assert_eq!(answer(&upstream).await, "a plant");
    assert_eq!(service.connections(), 2);
}
