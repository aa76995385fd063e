//! A proxy in front of a shop, which does to requests what networks and busy servers do: as many as are ordered by
//! `PUT /faults`, one a request, in this order. `429` and `503` refuse, and `Retry-After` says a second, `busy` is a 503 that says
//! 15; `lost` lets the shop answer, and nobody hears it; `cut` ends an answer after its first event; `drip` answers a byte at a time
//! without end. What is not ordered goes through as it is. And it refuses what a client may not send: a request without the client's
//! name, and one that comes again too early or as another.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use serde_json::json;

/// What clocks and timers may differ by.
const LEEWAY: Duration = Duration::from_millis(50);

/// How clients of every language begin to name themselves.
const AGENT: &str = "terrace-sdk-";

#[derive(Default)]
struct State {
    orders: VecDeque<String>,
    /// The requests that came to nothing since the last orders.
    failed: Vec<Failed>,
}

/// A request that came to nothing: how its repetition is known, what that has to have, and when it may come.
struct Failed {
    line: String,
    key: Option<String>,
    not_before: Instant,
}

impl State {
    /// The fault that is ordered for this request, if any; or why the client may not send it.
    fn meet(&mut self, head: &str, now: Instant) -> Result<Option<String>, &'static str> {
        if !header(head, "user-agent").is_some_and(|it| it.starts_with(AGENT)) {
            return Err("the request does not name its client in user-agent");
        }
        let line = head.lines().next().unwrap_or_default();
        let key = header(head, "idempotency-key");
        // The last failure of the same request is the one that this repeats.
        if let Some(failed) = self.failed.iter().rev().find(|it| it.line == line) {
            if now < failed.not_before {
                return Err("the request comes again before Retry-After has passed");
            }
            if key != failed.key.as_deref() {
                return Err("the request comes again with another idempotency-key");
            }
        }
        let fault = self.orders.pop_front();
        let wait = match fault.as_deref() {
            Some("lost") => Some(Duration::ZERO),
            fault => refusal(fault).map(|(_, seconds)| Duration::from_secs(seconds) - LEEWAY),
        };
        self.failed.extend(wait.map(|wait| Failed {
            line: line.to_owned(),
            key: key.map(str::to_owned),
            not_before: now + wait,
        }));
        Ok(fault)
    }
}

/// What a fault refuses with, and after how many seconds the request may come again.
fn refusal(fault: Option<&str>) -> Option<(&'static str, u64)> {
    match fault? {
        "429" => Some(("429 Too Many Requests", 1)),
        "503" => Some(("503 Service Unavailable", 1)),
        "busy" => Some(("503 Service Unavailable", 15)),
        _ => None,
    }
}

/// Starts one, which stands as long as this program; its address.
pub(crate) fn start(shop: u16) -> anyhow::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = format!("http://localhost:{}", listener.local_addr()?.port());
    let state = Arc::<Mutex<State>>::default();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let state = Arc::clone(&state);
            // Who goes away in between is no fault of the proxy's.
            thread::spawn(move || drop(serve(client, shop, &state)));
        }
    });
    Ok(address)
}

/// One request; its connection ends with it.
fn serve(mut client: TcpStream, shop: u16, state: &Mutex<State>) -> anyhow::Result<()> {
    let (head, body) = read(&mut client)?;
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    if head.starts_with("PUT /faults ") {
        let body = String::from_utf8(body)?;
        *state = State {
            orders: body.split_whitespace().map(str::to_owned).collect(),
            failed: Vec::new(),
        };
        drop(state);
        return answer(&mut client, "204 No Content", "", None);
    }
    let met = state.meet(&head, Instant::now());
    drop(state);
    let fault = match met.as_ref().map(Option::as_deref) {
        Err(why) => return answer(&mut client, "400 Bad Request", "", Some(why)),
        Ok(Some("drip")) => return drip(&mut client),
        Ok(fault) => fault,
    };
    if let Some((status, seconds)) = refusal(fault) {
        let wait = format!("retry-after: {seconds}\r\n");
        return answer(&mut client, status, &wait, None);
    }
    let mut server = TcpStream::connect(("127.0.0.1", shop))?;
    let (line, rest) = head.split_once("\r\n").context("a request has a line")?;
    write!(server, "{line}\r\nconnection: close\r\n{rest}")?;
    server.write_all(&body)?;
    match fault {
        Some("lost") => std::io::copy(&mut server, &mut std::io::sink())?,
        Some("cut") => copy_first_event(&mut server, &mut client)?,
        _ => std::io::copy(&mut server, &mut client)?,
    };
    Ok(())
}

/// An answer that never ends, until the client goes away.
fn drip(client: &mut TcpStream) -> anyhow::Result<()> {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n";
    client.write_all(head.as_bytes())?;
    loop {
        client.write_all(b" ")?;
        thread::sleep(Duration::from_millis(20));
    }
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

/// Of a head.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let pairs = head.lines().filter_map(|line| line.split_once(':'));
    let mut values = pairs.filter(|(its, _)| its.eq_ignore_ascii_case(name));
    values.next().map(|(_, value)| value.trim())
}

/// An answer, with what is wrong as a problem that clients show.
fn answer(
    client: &mut TcpStream,
    status: &str,
    headers: &str,
    wrong: Option<&str>,
) -> anyhow::Result<()> {
    let title = "The client breaks a rule of the tests";
    let problem = wrong.map(|why| json!({ "type": "bad-request", "title": title, "detail": why }));
    let body = problem.map(|it| it.to_string()).unwrap_or_default();
    let length = match status.starts_with("204") {
        true => String::new(),
        false => format!("content-length: {}\r\n", body.len()),
    };
    write!(
        client,
        "HTTP/1.1 {status}\r\n{headers}{length}connection: close\r\n\r\n{body}"
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = "POST /v1/orders HTTP/1.1\r\nUser-Agent: terrace-sdk-go/1\r\n";

    fn with_key(key: &str) -> String {
        format!("{ORDER}Idempotency-Key: {key}\r\n")
    }

    fn ordered(faults: &[&str]) -> State {
        State {
            orders: faults.iter().map(|it| (*it).to_owned()).collect(),
            failed: Vec::new(),
        }
    }

    #[test]
    fn a_repetition_waits_as_long_as_it_is_told() {
        let (mut state, now) = (ordered(&["429", "503"]), Instant::now());
        let head = with_key("a");
        assert_eq!(state.meet(&head, now), Ok(Some("429".to_owned())));
        let wait = Duration::from_secs(1);

        let early = state.meet(&head, now + wait / 2);
        let in_time = state.meet(&head, now + wait);
        let early_again = state.meet(&head, now + wait);

        early.expect_err("half of the wait");
        assert_eq!(in_time, Ok(Some("503".to_owned())));
        early_again.expect_err("each has a wait of its own");
    }

    #[test]
    fn a_repetition_of_what_was_lost_has_its_key() {
        let (mut state, now) = (ordered(&["lost"]), Instant::now());
        assert_eq!(state.meet(&with_key("a"), now), Ok(Some("lost".to_owned())));

        let [other, none] = [state.meet(&with_key("b"), now), state.meet(ORDER, now)];
        let same = state.meet(&with_key("a"), now);

        other.expect_err("another key");
        none.expect_err("no key");
        assert_eq!(same, Ok(None));
    }

    #[test]
    fn a_request_names_its_client() {
        let head = with_key("a").replace(AGENT, "curl/");

        let met = ordered(&[]).meet(&head, Instant::now());

        met.expect_err("it is no client");
    }
}
