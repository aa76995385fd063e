use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::Method,
};
use client::{LookUp, Neighbour, Repeatable, Upstream, UpstreamError};
use futures::{FutureExt, future::ready, stream};
use kit::{deadline::Deadline, identity::Minter};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::replica::{Replica, ask, at, get, nobody, request};

/// As many failures in a row as make an endpoint be left alone.
const OPENS: usize = 5;

#[tokio::test]
async fn a_replica_where_requests_wait_is_spared() {
    let (hung, idle) = (Replica::start().await, Replica::start().await);
    let upstream = at(&[hung.address, idle.address]);
    for replica in [&hung, &idle] {
        replica.take(Duration::from_millis(20));
    }
    at_once(&upstream, 40).await;
    let warm = hung.requests();

    hung.hang();
    for _ in 0..50 {
        let before = hung.requests() + idle.requests();
        let upstream = upstream.clone();
        tokio::spawn(async move { ask(&upstream).await });
        while hung.requests() + idle.requests() == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    let waiting = hung.requests() - warm;
    assert!(waiting < 15, "{waiting} of 50 wait");
}

/// Sends so many requests at once; how many are answered well.
async fn at_once(upstream: &Upstream, requests: usize) -> usize {
    let answers = (0..requests).map(|_| ask(upstream));
    let answers = futures::future::join_all(answers).await;
    let good = answers.iter().filter(|it| matches!(it, Ok(200)));
    good.count()
}

#[tokio::test]
async fn a_slow_replica_gets_fewer_requests_and_is_not_left_out() {
    let (slow, quick) = (Replica::start().await, Replica::start().await);
    slow.take(Duration::from_millis(200));
    quick.take(Duration::from_millis(10));
    let upstream = at(&[slow.address, quick.address]);

    for _ in 0..5 {
        assert_eq!(at_once(&upstream, 40).await, 40);
    }

    let (slow, quick) = (slow.requests(), quick.requests());
    assert!(slow > 0 && slow * 2 < quick, "{slow} and {quick}");
}

/// Two replicas of which one answers every other request with a failure, until it is left alone.
async fn one_is_ejected() -> (Replica, Replica, Upstream) {
    let (sick, well) = (Replica::start().await, Replica::start().await);
    sick.fail_every(2);
    well.take(Duration::from_millis(20));
    let upstream = at(&[sick.address, well.address]);
    for _ in 0..500 {
        let before = sick.requests();
        at_once(&upstream, 40).await;
        if sick.requests() == before {
            return (sick, well, upstream);
        }
    }
    panic!("it is asked again and again: {}", sick.requests());
}

#[tokio::test]
async fn a_replica_that_fails_more_often_than_its_fellow_is_left_alone() {
    let (sick, _well, upstream) = one_is_ejected().await;
    let asked = sick.requests();

    for _ in 0..5 {
        assert_eq!(at_once(&upstream, 40).await, 40);
    }

    assert_eq!(sick.requests(), asked);
    assert!(asked >= 128, "{asked} answers say too little");
}

#[tokio::test]
async fn a_replica_that_is_left_alone_is_better_than_none() {
    let (sick, well, upstream) = one_is_ejected().await;
    let asked = sick.requests();

    well.fail(usize::MAX);
    let mut answered = 0;
    for _ in 0..50 {
        answered += at_once(&upstream, 1).await;
    }

    assert!(answered > 0 && sick.requests() > asked, "{answered}");
}

#[tokio::test]
async fn replicas_that_fail_alike_are_all_asked() {
    let (one, two) = (Replica::start().await, Replica::start().await);
    one.fail_every(2);
    two.fail_every(2);
    let upstream = at(&[one.address, two.address]);
    let mut before = [0, 0];

    for _ in 0..20 {
        at_once(&upstream, 40).await;

        let asked = [one.requests(), two.requests()];
        assert!(asked[0] > before[0] && asked[1] > before[1], "{asked:?}");
        before = asked;
    }
}

#[tokio::test]
async fn a_replica_where_nobody_listens_costs_no_request_not_even_one_with_a_body() {
    let here = Replica::start().await;
    let upstream = at(&[nobody().await, here.address]);

    for _ in 0..50 {
        let order = request(Method::POST, Body::from("an order"));
        let answer = upstream.send(order).await.unwrap();
        let body = axum::body::to_bytes(answer.into_body(), 100).await.unwrap();
        assert_eq!(body, "an order");
    }

    assert_eq!(here.requests(), 50);
}

#[tokio::test]
async fn a_replica_that_is_told_to_stop_says_so_and_gets_no_more_while_another_stays() {
    let (leaving, staying) = (Replica::start().await, Replica::start().await);
    let upstream = at(&[leaving.address, staying.address]);
    leaving.leave();
    while leaving.requests() == 0 {
        assert_eq!(ask(&upstream).await.unwrap(), 200);
    }

    for _ in 0..20 {
        assert_eq!(ask(&upstream).await.unwrap(), 200);
    }

    assert_eq!(leaving.requests(), 1, "its first answer said it");
    staying.leave();
    for _ in 0..20 {
        assert_eq!(ask(&upstream).await.unwrap(), 200, "better than none");
    }
}

#[tokio::test]
async fn an_endpoint_that_fails_is_left_alone_and_used_again_when_it_is_back() {
    let replica = Replica::start().await;
    let upstream = at(&[replica.address]);
    replica.fail(OPENS);

    for _ in 0..OPENS {
        assert_eq!(ask(&upstream).await.unwrap(), 500);
    }
    let refused = ask(&upstream).await.unwrap_err();
    assert!(
        matches!(refused, UpstreamError::Unreachable(_)),
        "{refused}"
    );
    assert_eq!(replica.requests(), OPENS, "it is not even asked");

    while ask(&upstream).await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        replica.requests(),
        OPENS + 1,
        "by the first that asks it again"
    );
    assert_eq!(ask(&upstream).await.unwrap(), 200);
}

#[tokio::test]
async fn time_outs_open_the_breaker_as_well() {
    let replica = Replica::start().await;
    let upstream = at(&[replica.address]);
    replica.hang();

    for _ in 0..OPENS {
        let mut late = get();
        let soon = Deadline::within(Duration::from_millis(100));
        late.extensions_mut().insert(soon);
        let fault = upstream.send(late).await.unwrap_err();
        assert!(matches!(fault, UpstreamError::TimedOut(_)), "{fault}");
    }

    let refused = ask(&upstream).await.unwrap_err();
    assert!(
        matches!(refused, UpstreamError::Unreachable(_)),
        "{refused}"
    );
}

#[tokio::test]
async fn who_comes_with_next_to_no_time_closes_nothing_for_others() {
    let replica = Replica::start().await;
    let upstream = at(&[replica.address]);
    replica.hang();

    for _ in 0..OPENS {
        let mut late = get();
        let now = Deadline::within(Duration::from_millis(20));
        late.extensions_mut().insert(now);
        upstream.send(late).await.unwrap_err();
    }

    let before = replica.requests();
    let mut another = get();
    let soon = Deadline::within(Duration::from_millis(200));
    another.extensions_mut().insert(soon);
    let fault = upstream.send(another).await.unwrap_err();
    assert!(matches!(fault, UpstreamError::TimedOut(_)), "{fault}");
    assert_eq!(replica.requests(), before + 1, "it is still asked");
}

#[tokio::test]
async fn what_a_neighbour_is_asked_to_do_once_more_comes_with_its_body() {
    for (method, repeated) in [(Method::PUT, true), (Method::POST, false)] {
        let (service, bodies) = hangs_up_after_the_first_request().await;
        let minter = Minter::new("plants", &"an-invoke-key-for-tests-alone-01".into()).unwrap();
        let patience = Duration::from_secs(10);
        let neighbour = Neighbour::new(at(&[service]), minter, "orders", patience);

        let answer = neighbour.call::<_, String>(method, "/plants", &"an order");

        assert_eq!(answer.await.is_ok(), repeated);
        let expected = if repeated { 2 } else { 1 };
        assert_eq!(*bodies.lock().unwrap(), vec!["\"an order\""; expected]);
    }
}

/// A service that reads its first request and hangs up, and answers the next; their bodies.
async fn hangs_up_after_the_first_request() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, bodies) = (
        listener.local_addr().unwrap(),
        Arc::<Mutex<Vec<_>>>::default(),
    );
    let noted = bodies.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = String::new();
            while !request.ends_with("an order\"") {
                let mut read = [0; 4096];
                let length = stream.read(&mut read).await.unwrap();
                request += std::str::from_utf8(&read[..length]).unwrap();
            }
            let (_, body) = request.split_once("\r\n\r\n").unwrap();
            noted.lock().unwrap().push(body.to_owned());
            if noted.lock().unwrap().len() > 1 {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n\"done\"";
                stream.write_all(answer).await.unwrap();
            }
        }
    });
    (address, bodies)
}

#[tokio::test]
async fn clients_whose_bodies_break_off_or_never_end_close_nothing_for_others() {
    let replica = Replica::start().await;
    let upstream = at(&[replica.address]);

    for _ in 0..OPENS {
        let pieces = [Ok(Bytes::from("an ord")), Err(io::Error::other("no more"))];
        let broken = request(Method::POST, Body::from_stream(stream::iter(pieces)));
        upstream.send(broken).await.unwrap_err();
    }
    for _ in 0..OPENS {
        let endless = stream::pending::<io::Result<Bytes>>();
        let mut slow = request(Method::POST, Body::from_stream(endless));
        let soon = Deadline::within(Duration::from_millis(20));
        slow.extensions_mut().insert(soon);
        upstream.send(slow).await.unwrap_err();
    }

    assert_eq!(ask(&upstream).await.unwrap(), 200);
}

#[tokio::test]
async fn repeating_stops_when_its_budget_is_spent() {
    let service = hangs_up_on_every_other_connection().await;
    let upstream = at(&[service]);

    let mut answered = 0;
    for _ in 0..40 {
        let mut request = get();
        request.extensions_mut().insert(Repeatable);
        match upstream.send(request).await {
            Ok(_) => answered += 1,
            // One that is not repeated leaves the next connection to be the good one.
            Err(_) => drop(upstream.send(get()).await.unwrap()),
        }
    }

    assert!(
        (10..30).contains(&answered),
        "{answered} of 40 were repeated"
    );
}

/// A service that answers on every second connection and hangs up on the others unheard.
async fn hangs_up_on_every_other_connection() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await.unwrap());
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
            stream.write_all(answer).await.unwrap();
        }
    });
    address
}

/// Names that a test may move.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Option<Vec<SocketAddr>>>>);

impl Names {
    fn point_at(&self, addresses: &[SocketAddr]) {
        *self.0.lock().unwrap() = Some(addresses.to_vec());
    }

    fn fail(&self) {
        *self.0.lock().unwrap() = None;
    }

    fn upstream(&self) -> Upstream {
        let names = self.clone();
        let look_up: LookUp = Arc::new(move |host| {
            assert_eq!(host, "plants:80");
            let known = names.0.lock().unwrap().clone();
            ready(known.ok_or_else(|| io::Error::other("no name server"))).boxed()
        });
        Upstream::http_with("http://plants".parse().unwrap(), look_up)
    }
}

#[tokio::test]
async fn a_name_with_several_addresses_is_several_replicas() {
    let (one, two) = (Replica::start().await, Replica::start().await);
    let names = Names::default();
    names.point_at(&[one.address, two.address]);
    let upstream = names.upstream();

    assert_eq!(at_once(&upstream, 50).await, 50);

    assert!(one.requests() > 5 && two.requests() > 5);
}

#[tokio::test]
async fn when_a_name_moves_the_requests_follow() {
    let (old, new) = (nobody().await, Replica::start().await);
    let names = Names::default();
    names.point_at(&[old]);
    let upstream = names.upstream();
    ask(&upstream).await.unwrap_err();

    names.point_at(&[new.address]);

    while ask(&upstream).await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(new.requests() > 0);
}

#[tokio::test]
async fn when_names_cannot_be_looked_up_the_known_addresses_are_kept() {
    let replica = Replica::start().await;
    let names = Names::default();
    names.fail();
    let upstream = names.upstream();
    let unknown = ask(&upstream).await.unwrap_err();
    assert!(unknown.to_string().contains("no name server"), "{unknown}");

    names.point_at(&[replica.address, nobody().await]);
    ask(&upstream).await.unwrap();
    names.fail();

    // Connections that cannot be made have the names looked up, in vain.
    for _ in 0..50 {
        assert_eq!(ask(&upstream).await.unwrap(), 200);
    }
}

#[tokio::test]
async fn a_service_is_located_once_its_name_was_found_which_is_tried_often_at_first() {
    let replica = Replica::start().await;
    let names = Names::default();
    names.fail();
    let upstream = names.upstream();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let lost = upstream.located().unwrap_err();
    assert!(lost.contains("plants"), "{lost}");

    names.point_at(&[replica.address]);

    // Without a request that asks for it, and sooner than names are looked up otherwise.
    let found = async {
        while upstream.located().is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(2), found).await;
    found.expect("a name that failed is asked again soon");
    names.fail();
    assert_eq!(ask(&upstream).await.unwrap(), 200);
    assert_eq!(upstream.located(), Ok(()));
}
