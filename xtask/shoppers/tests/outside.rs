//! What the account of a drill rests on: every attempt is noted, and whoever takes no connection has failed nobody.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use shoppers::{Attempts, Service};
use terrace_sdk::{Client, Config};

const ME: &str = r#"{ "id": "1", "email": "rose@garden.example", "name": "Rose", "groups": [] }"#;

/// Answers in this order, each on a connection of its own; nothing where the status is 0. Its address.
fn shop(statuses: &'static [u16]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its port");
    thread::spawn(move || {
        for status in statuses {
            let (mut connection, _) = listener.accept().expect("a connection");
            let _ = connection.read(&mut [0; 16 * 1024]).expect("a request");
            if *status > 0 {
                let length = ME.len();
                let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\n");
                let answer = format!("{head}connection: close\r\n\r\n{ME}");
                connection.write_all(answer.as_bytes()).expect("an answer");
            }
        }
    });
    format!("http://{address}")
}

fn client(service: &Service, attempts: &Attempts) -> Client {
    Client::new(attempts.watch(Config {
        http: service.http.clone(),
        ..Config::new(&service.url)
    }))
}

#[tokio::test]
async fn what_the_client_repeats_is_noted_each_time() {
    let service = Service::at(&shop(&[503, 0, 429, 200])).expect("a service");
    let attempts = Attempts::default();

    let me = client(&service, &attempts).get_me().await;

    assert_eq!(me.expect("an answer").name, "Rose");
    let missed = attempts.take();
    let refused: Vec<bool> = missed.iter().map(|it| it.is_refused).collect();
    assert_eq!(refused, [false, false, true], "{missed:?}");
    assert!(missed[0].told.starts_with("GET /v1/me: 503"), "{missed:?}");
    assert_eq!(attempts.take(), []);
}

#[tokio::test]
async fn a_connection_that_is_closed_under_a_question_is_no_failure_once() {
    for (statuses, missed) in [(&[0, 200][..], 0), (&[0, 0, 200], 1)] {
        let service = Service::at(&shop(statuses)).expect("a service");
        let attempts = Attempts::default();

        let me = client(&service, &attempts).get_me().await;

        me.expect("an answer");
        let noted = attempts.take();
        assert_eq!(noted.len(), missed, "{noted:?}");
    }
}

#[tokio::test]
async fn whoever_takes_no_connection_has_failed_nobody() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let nobody = gone.local_addr().expect("its port");
    drop(gone);
    let replicas = [shop(&[200; 2]), format!("http://{nobody}"), shop(&[200; 2])];
    let service = Service::at(&replicas.join(",")).expect("a service");
    let attempts = Attempts::default();

    for _ in 0..4 {
        let me = client(&service, &attempts).get_me().await;
        me.expect("an answer");
    }

    assert_eq!(attempts.take(), []);
}
