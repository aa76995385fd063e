//! A proxy in front of a shop, which does to requests what networks and busy servers do: as many as are ordered by
//! `PUT /faults`, one a request, in this order. `429` and `503` refuse, and `Retry-After` says a second; `lost` lets the shop
//! answer, and nobody hears it; `cut` ends an answer after its first event. What is not ordered goes through as it is.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use anyhow::Context;

type Orders = Arc<Mutex<VecDeque<String>>>;

/// Starts one, which stands as long as this program; its address.
pub(crate) fn start(shop: u16) -> anyhow::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = format!("http://localhost:{}", listener.local_addr()?.port());
    let orders = Orders::default();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let orders = Arc::clone(&orders);
            // Who goes away in between is no fault of the proxy's.
            thread::spawn(move || drop(serve(client, shop, &orders)));
        }
    });
    Ok(address)
}

/// One request; its connection ends with it.
fn serve(mut client: TcpStream, shop: u16, orders: &Orders) -> anyhow::Result<()> {
    let (head, body) = read(&mut client)?;
    let mut queue = orders.lock().unwrap_or_else(PoisonError::into_inner);
    if head.starts_with("PUT /faults ") {
        let body = String::from_utf8(body)?;
        *queue = body.split_whitespace().map(str::to_owned).collect();
        drop(queue);
        return answer(&mut client, "204 No Content", "");
    }
    let fault = queue.pop_front();
    drop(queue);
    match fault.as_deref() {
        Some("429") => return answer(&mut client, "429 Too Many Requests", "retry-after: 1\r\n"),
        Some("503") => return answer(&mut client, "503 Service Unavailable", "retry-after: 1\r\n"),
        _ => {}
    }
    let mut server = TcpStream::connect(("127.0.0.1", shop))?;
    let (line, rest) = head.split_once("\r\n").context("a request has a line")?;
    write!(server, "{line}\r\nconnection: close\r\n{rest}")?;
    server.write_all(&body)?;
    match fault.as_deref() {
        Some("lost") => std::io::copy(&mut server, &mut std::io::sink())?,
        Some("cut") => copy_first_event(&mut server, &mut client)?,
        _ => std::io::copy(&mut server, &mut client)?,
    };
    Ok(())
}

/// What comes before the second empty line after the head.
fn copy_first_event(server: &mut TcpStream, client: &mut TcpStream) -> anyhow::Result<u64> {
    let (mut told, mut byte) = (Vec::new(), [0]);
    let is_over = |told: &[u8]| {
        let text = String::from_utf8_lossy(told);
        text.contains("\r\n\r\n") && text.contains("\n\n")
    };
    while !is_over(&told) && server.read(&mut byte)? > 0 {
        told.push(byte[0]);
        client.write_all(&byte)?;
    }
    Ok(told.len() as u64)
}

/// The head of a request, without what it says of the connection, and its body.
fn read(client: &mut TcpStream) -> anyhow::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break at + 4;
        }
        let mut part = [0; 4096];
        let length = client.read(&mut part)?;
        anyhow::ensure!(length > 0, "the request breaks off");
        bytes.extend_from_slice(&part[..length]);
    };
    let mut body = bytes.split_off(end);
    let (mut head, mut length) = (String::new(), 0);
    for line in String::from_utf8(bytes)?.lines() {
        let name = line.split(':').next().unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = line[name.len() + 1..].trim().parse()?;
        }
        if !name.eq_ignore_ascii_case("connection") {
            head += line;
            head += "\r\n";
        }
    }
    let have = body.len();
    body.resize(length.max(have), 0);
    client.read_exact(&mut body[have..])?;
    Ok((head, body))
}

fn answer(client: &mut TcpStream, status: &str, headers: &str) -> anyhow::Result<()> {
    let length = match status.starts_with("204") {
        true => "",
        false => "content-length: 0\r\n",
    };
    write!(
        client,
        "HTTP/1.1 {status}\r\n{headers}{length}connection: close\r\n\r\n"
    )?;
    Ok(())
}
