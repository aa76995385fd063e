//! The settings as a process reads them, and the program that starts with them.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use kit::config::load_from;
use payments::Config;

fn load(pairs: &[(&str, &str)]) -> Result<Config, String> {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    load_from("PAYMENTS__", None, pairs.collect::<HashMap<_, _>>()).map_err(|e| e.to_string())
}

#[test]
fn the_environment_sets_every_setting() {
    let config = load(&[
        ("PAYMENTS__LISTEN", "0.0.0.0:1"),
        ("PAYMENTS__STORE", "sqlite:elsewhere.db"),
        ("PAYMENTS__INVOKE_KEYS", "one-key, another-key"),
    ])
    .unwrap();

    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.store.to_string(), "sqlite:elsewhere.db");
    assert_eq!(config.invoke_keys.len(), 2);
}

#[test]
fn a_setting_that_cannot_be_is_refused_by_name() {
    let unknown = load(&[("PAYMENTS__CARD", "x")]).unwrap_err();
    let store = load(&[("PAYMENTS__STORE", "mysql://me:hush@db")]).unwrap_err();

    assert!(unknown.contains("card"), "{unknown}");
    assert!(
        store.contains("mysql:") && store.contains("sqlite:<path>"),
        "{store}"
    );
    assert!(!store.contains("hush"), "{store}");
}

#[tokio::test]
async fn a_key_that_is_too_short_is_refused_and_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", dir.path().join("payments.db").display());
    let config = load(&[
        ("PAYMENTS__STORE", &store),
        ("PAYMENTS__INVOKE_KEYS", "short"),
    ])
    .unwrap();

    let fault = payments::connect(&config).await.err().unwrap().to_string();

    assert!(
        fault.contains("invoke_keys") && !fault.contains("short"),
        "{fault}"
    );
    assert!(!format!("{config:?}").contains("short"));
}

/// Ended when the test is, whatever its end.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_program_starts_from_its_settings_and_answers_nobody_without_a_token() {
    let dir = tempfile::tempdir().unwrap();
    let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [listen, admin] = free.map(|listener| listener.local_addr().unwrap());
    let _program = Program(
        Command::new(env!("CARGO_BIN_EXE_payments"))
            .env("PAYMENTS__LISTEN", listen.to_string())
            .env("PAYMENTS__ADMIN_LISTEN", admin.to_string())
            .env(
                "PAYMENTS__STORE",
                format!("sqlite:{}", dir.path().join("p.db").display()),
            )
            .env("PAYMENTS__INVOKE_KEYS", "an-invoke-key-for-tests-alone-01")
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap(),
    );

    let ready = get(admin, "/readyz");
    let payment = get(
        listen,
        "/internal/payments/0197d6a0-0000-7000-8000-000000000000",
    );

    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    assert!(payment.starts_with("HTTP/1.1 401"), "{payment}");
}

/// The answer's text, once the address listens.
fn get(address: SocketAddr, path: &str) -> String {
    let started = Instant::now();
    let mut stream = loop {
        match TcpStream::connect(address) {
            Ok(stream) => break stream,
            Err(fault) => assert!(started.elapsed() < Duration::from_secs(20), "{fault}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
