//! Clients that use HTTP/2 against the server, frame by frame. Each is refused or hung up on, and the
//! others are served meanwhile.

use std::time::Duration;

use kit::serve::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use crate::secure::Secure;

/// Frames (RFC 9113 §6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

/// Flags.
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Errors (§7).
const PROTOCOL_ERROR: u32 = 1;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

/// A client that says what it likes.
struct Raw(TlsStream<TcpStream>);

struct Frame {
    kind: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    /// What a frame that ends something gives as the reason.
    fn reason(&self) -> u32 {
        let at = if self.kind == GOAWAY { 4 } else { 0 };
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }
}

impl Raw {
    async fn open(shop: &Secure, settings: &[u8]) -> Self {
        let mut raw = Self(shop.connect(&["h2"]).await);
        raw.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        raw.say(&frame(SETTINGS, 0, 0, settings)).await;
        raw
    }

    /// A server that has hung up already is an outcome, not a fault of the test.
    async fn say(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
        let _ = self.0.flush().await;
    }

    /// The next frame; none when the server has hung up.
    async fn hear(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        self.0.read_exact(&mut payload).await.ok()?;
        Some(Frame {
            kind: head[3],
            stream: u32::from_be_bytes(head[5..].try_into().unwrap()),
            payload,
        })
    }

    /// Why the server ended the whole connection.
    async fn gone(mut self) -> Option<u32> {
        let mut reason = None;
        while let Some(frame) = self.hear().await {
            if frame.kind == GOAWAY {
                reason = Some(frame.reason());
            }
        }
        reason
    }

    /// Why the server ended this stream, or the connection with it.
    async fn refused(&mut self, stream: u32) -> u32 {
        loop {
            let frame = self.hear().await.expect("a reason");
            if frame.kind == GOAWAY || frame.kind == RST_STREAM && frame.stream == stream {
                return frame.reason();
            }
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A request's head, without its end where more is to come.
fn head(stream: u32, flags: u8, method: &str, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let first = [
        (":method", method),
        (":scheme", "https"),
        (":authority", "localhost"),
        (":path", path),
    ];
    let fields = first.iter().chain(more);
    let block: Vec<u8> = fields
        .flat_map(|(name, value)| field(0, name, value))
        .collect();
    frame(HEADERS, flags, stream, &block)
}

/// A whole request without a body.
fn get(stream: u32, path: &str) -> Vec<u8> {
    head(stream, END_HEADERS | END_STREAM, "GET", path, &[])
}

/// A field by its letters (RFC 7541 §6.2); 0x40 keeps it in the table.
fn field(kept: u8, name: &str, value: &str) -> Vec<u8> {
    let mut field = vec![kept];
    for text in [name, value] {
        match u8::try_from(text.len()) {
            Ok(length @ ..127) => field.push(length),
            // More than seven bits, seven bits at a time.
            _ => {
                let rest = text.len() - 127;
                assert!(rest < 128 * 128);
                field.extend([127, (rest % 128) as u8 | 128, (rest / 128) as u8]);
            }
        }
        field.extend(text.as_bytes());
    }
    field
}

/// The odd numbers: those of streams that a client opens.
fn streams(count: u32) -> impl Iterator<Item = u32> {
    (0..count).map(|n| 2 * n + 1)
}

async fn others_are_served(shop: &Secure) {
    let answer = shop.http2().await.get("/").await.unwrap();
    assert_eq!(answer.text, "a fern");
}

#[tokio::test]
async fn a_client_that_resets_what_it_asks_for_is_hung_up_on() {
    let shop = Secure::listen(Limits::default()).await;
    let mut client = Raw::open(&shop, &[]).await;

    let asked = streams(1000).flat_map(|stream| {
        let reset = frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes());
        [get(stream, "/slow"), reset].concat()
    });
    client.say(&asked.collect::<Vec<u8>>()).await;

    assert_eq!(client.gone().await, Some(ENHANCE_YOUR_CALM));
    others_are_served(&shop).await;
}

/// CVE-2025-8671, "MadeYouReset".
#[tokio::test]
async fn a_client_that_makes_the_server_reset_its_streams_is_hung_up_on() {
    let shop = Secure::listen(Limits::default()).await;
    let mut client = Raw::open(&shop, &[]).await;

    for stream in streams(1000) {
        // Wider than a window can be.
        let too_wide = frame(WINDOW_UPDATE, 0, stream, &0x7fff_ffff_u32.to_be_bytes());
        client.say(&[get(stream, "/slow"), too_wide].concat()).await;
    }

    assert_eq!(client.gone().await, Some(ENHANCE_YOUR_CALM));
    others_are_served(&shop).await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_not_collected() {
    let shop = Secure::listen(Limits::default()).await;

    for piece in [field(0, "x-more", &"x".repeat(8000)), Vec::new()] {
        let mut client = Raw::open(&shop, &[]).await;
        client.say(&head(1, END_STREAM, "GET", "/", &[])).await;
        let more = frame(CONTINUATION, 0, 1, &piece).repeat(1000);
        let (mut reading, mut writing) = tokio::io::split(client.0);
        // Nobody reads it: what is written ends with the connection.
        let flood = tokio::spawn(async move { while writing.write_all(&more).await.is_ok() {} });
        let _ = tokio::io::copy(&mut reading, &mut tokio::io::sink()).await;

        flood.await.unwrap();
        others_are_served(&shop).await;
    }
}

#[tokio::test]
async fn a_head_that_does_not_come_in_time_is_not_waited_for() {
    let shop = Secure::listen(Limits {
        header_read: Duration::from_millis(100),
        write: Duration::from_millis(100),
        ..Limits::default()
    })
    .await;
    let mut client = Raw::open(&shop, &[]).await;

    client.say(&head(1, END_STREAM, "GET", "/", &[])).await;

    client.gone().await;
    others_are_served(&shop).await;
}

#[tokio::test]
async fn a_small_head_that_means_a_large_one_is_refused() {
    let shop = Secure::listen(Limits::default()).await;
    // One large field, named again and again by a byte: the newest of the table (RFC 7541 §2.3.3).
    let bomb = |times: usize| {
        let mut bomb = head(1, END_HEADERS | END_STREAM, "GET", "/", &[]).split_off(9);
        bomb.extend(field(0x40, "x-bomb", &"x".repeat(3900)));
        bomb.extend([0x80 | 62].repeat(times));
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &bomb)
    };

    let mut large = Raw::open(&shop, &[]).await;
    large.say(&bomb(20)).await;
    let answer = loop {
        let frame = large.hear().await.unwrap();
        if frame.stream == 1 {
            break frame;
        }
    };
    // `:status`, and 431 in Huffman's code.
    assert_eq!(answer.payload[..5], [0x48, 0x83, 0x69, 0x90, 0xff]);

    let mut larger = Raw::open(&shop, &[]).await;
    larger.say(&bomb(1000)).await;
    assert_eq!(larger.gone().await, Some(ENHANCE_YOUR_CALM));
    others_are_served(&shop).await;
}

#[tokio::test]
async fn too_many_header_lines_are_refused_as_they_are_by_http_1() {
    let shop = Secure::listen(Limits::default()).await;
    let client = shop.http2().await;
    let mut request = crate::secure::get_request("/");
    for n in 0..200 {
        let name: http::HeaderName = format!("x-{n}").parse().unwrap();
        request.headers_mut().insert(name, "1".parse().unwrap());
    }

    let mut sender = client.sender.ready().await.unwrap();
    let (answer, _) = sender.send_request(request, true).unwrap();

    assert_eq!(answer.await.unwrap().status(), 431);
}

#[tokio::test]
async fn answers_to_a_window_that_never_opens_are_given_up_and_so_is_the_connection() {
    let shop = Secure::listen(Limits {
        write: Duration::from_millis(200),
        idle: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    // SETTINGS_INITIAL_WINDOW_SIZE is 0.
    let mut client = Raw::open(&shop, &[0, 4, 0, 0, 0, 0]).await;

    let asked = streams(100).flat_map(|stream| get(stream, "/large"));
    client.say(&asked.collect::<Vec<u8>>()).await;
    others_are_served(&shop).await;

    let mut given_up = 0;
    while let Some(frame) = client.hear().await {
        given_up += u32::from(frame.kind == RST_STREAM);
        assert_ne!(frame.kind, DATA);
    }
    assert_eq!(given_up, 100);
}

#[tokio::test]
async fn more_streams_than_agreed_are_refused() {
    let shop = Secure::listen(Limits::default()).await;
    let mut client = Raw::open(&shop, &[]).await;

    let asked = streams(129).flat_map(|stream| get(stream, "/stream"));
    client.say(&asked.collect::<Vec<u8>>()).await;

    assert_eq!(client.refused(2 * 128 + 1).await, REFUSED_STREAM);
    others_are_served(&shop).await;
}

#[tokio::test]
async fn what_http_2_forbids_is_refused() {
    let shop = Secure::listen(Limits::default()).await;
    // Headers that are about a connection of HTTP/1 (§8.2.2), and pseudo-headers out of place (§8.3).
    for (name, value) in [
        ("connection", "close"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "close"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "websocket"),
        ("te", "gzip"),
        (":path", "/elsewhere"),
        (":unknown", "1"),
        ("X-Upper", "1"),
    ] {
        let mut client = Raw::open(&shop, &[]).await;
        let flags = END_HEADERS | END_STREAM;
        client
            .say(&head(1, flags, "GET", "/", &[(name, value)]))
            .await;
        assert_eq!(client.refused(1).await, PROTOCOL_ERROR, "{name}");
    }

    // A length that is not the body's (§8.1.1).
    for body in ["fer", "fernfern"] {
        let mut client = Raw::open(&shop, &[]).await;
        let length = [("content-length", "4")];
        client
            .say(&head(1, END_HEADERS, "POST", "/echo", &length))
            .await;
        client
            .say(&frame(DATA, END_STREAM, 1, body.as_bytes()))
            .await;
        assert_eq!(client.refused(1).await, PROTOCOL_ERROR, "{body}");
    }
    others_are_served(&shop).await;
}

#[tokio::test]
async fn a_host_that_is_not_the_authority_is_refused() {
    let shop = Secure::listen(Limits::default()).await;
    let client = shop.http2().await;
    let status = async |host: &'static str| {
        let mut request = crate::secure::get_request("/seen");
        request.headers_mut().insert("host", host.parse().unwrap());
        let mut sender = client.sender.clone().ready().await.unwrap();
        let (answer, _) = sender.send_request(request, true).unwrap();
        answer.await.unwrap().status().as_u16()
    };

    assert_eq!(status("localhost").await, 200);
    assert_eq!(status("elsewhere.test").await, 400);
}
