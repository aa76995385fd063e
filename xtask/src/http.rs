//! Just enough HTTP/1.1 to ask a shop on this machine.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context, bail};
use serde_json::Value;

/// The body of a successful GET.
pub(crate) fn get(port: u16, path: &str) -> anyhow::Result<String> {
    exchange(port, &format!("GET {path} HTTP/1.1\r\n"), "")
}

/// The JSON that a successful POST of JSON answers.
pub(crate) fn post(port: u16, path: &str, body: &Value) -> anyhow::Result<Value> {
    send(port, "POST", path, &[], body)
}

/// The JSON that JSON sent by this method, with these header lines, is answered with.
pub(crate) fn send(
    port: u16,
    method: &str,
    path: &str,
    headers: &[String],
    body: &Value,
) -> anyhow::Result<Value> {
    call(port, method, path, headers, Some(body))
}

/// The JSON that a request with these header lines is answered with; null where that is nothing.
pub(crate) fn call(
    port: u16,
    method: &str,
    path: &str,
    headers: &[String],
    body: Option<&Value>,
) -> anyhow::Result<Value> {
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    let body = body.map(Value::to_string);
    if let Some(body) = &body {
        head += "content-type: application/json\r\n";
        head += &format!("content-length: {}\r\n", body.len());
    }
    for header in headers {
        head += header;
        head += "\r\n";
    }
    let answer = exchange(port, &head, &body.unwrap_or_default())?;
    if answer.is_empty() {
        return Ok(Value::Null);
    }
    Ok(serde_json::from_str(&answer)?)
}

fn exchange(port: u16, head: &str, body: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(
        stream,
        "{head}host: localhost:{port}\r\nconnection: close\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no whole answer")?;
    let status = head.lines().next().unwrap_or_default();
    if !status.starts_with("HTTP/1.1 2") {
        bail!("{status}: {body}");
    }
    Ok(body.to_owned())
}
