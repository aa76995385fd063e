//! Bodies of signed requests: as they were signed, or not at all.

use axum::{body::Body, http::Method};
use bytes::Bytes;
use futures::{future, stream};

use uuid::Uuid;

use crate::{
    plans::plan,
    signing::{Credentials, Place},
    tokens::claims,
    world::{Way, World, request},
};

both_ways![
    a_body_that_was_signed_arrives,
    another_body_is_refused_and_does_not_arrive,
    a_large_body_is_compared_before_its_last_chunk_goes_on,
    a_body_is_left_out_of_the_signature_only_where_the_document_says_so,
    a_body_over_the_limit_is_refused_before_it_is_hashed,
    only_a_few_large_bodies_are_kept_in_memory_to_be_proven,
    a_request_counts_for_who_signed_it_also_where_the_body_proves_that,
];

const SIGNED: [Place; 3] = [Place::Header, Place::HeaderWithHash, Place::Query];

async fn a_body_that_was_signed_arrives(way: Way) {
    let world = World::open(way).await;
    let user = Credentials::of_customer(&world).await;

    for place in SIGNED {
        for path in ["/v1/letters", "/v1/picture"] {
            let method = if path == "/v1/letters" {
                Method::POST
            } else {
                Method::PUT
            };
            let signed = user.sign(request(method, path), b"dear garden", place);
            world.edge.send_with(signed, "dear garden").await.ok(200);

            assert_eq!(world.calls.only().body, "dear garden", "{place:?}");
        }
    }
}

async fn a_request_counts_for_who_signed_it_also_where_the_body_proves_that(way: Way) {
    let world = World::with(way, |config| {
        config.plans = plan(|plan| plan.per_day = Some(10));
    })
    .await;
    let partner = claims(Uuid::now_v7(), &["customer", "partner"]);
    let user = Credentials::of(&world, &world.issuer.sign(&partner)).await;

    for (place, left) in SIGNED.into_iter().zip([8, 7, 6]) {
        let signed = user.sign(request(Method::POST, "/v1/letters"), b"dear garden", place);
        let answer = world.edge.send_with(signed, "dear garden").await;

        answer.ok(200);
        let told = answer.header("ratelimit");
        assert!(
            told.contains(&format!("\"day\";r={left};")),
            "{place:?}: {told}"
        );
    }
}

async fn another_body_is_refused_and_does_not_arrive(way: Way) {
    let world = World::open(way).await;
    let user = Credentials::of_customer(&world).await;

    for place in SIGNED {
        for (body, sent) in [
            ("dear garden", "dear gardem"),
            ("dear garden", ""),
            ("", "!"),
        ] {
            for (method, path) in [(Method::POST, "/v1/letters"), (Method::PUT, "/v1/picture")] {
                let signed = user.sign(request(method, path), body.as_bytes(), place);
                let answer = world.edge.send_with(signed, sent).await;

                answer.refused(403, "invalid-signature");
                assert_eq!(world.calls.count(), 0, "{place:?}: {sent:?} on {path}");
            }
        }
    }
}

async fn a_large_body_is_compared_before_its_last_chunk_goes_on(way: Way) {
    let world = World::open(way).await;
    let user = Credentials::of_customer(&world).await;
    let chunk = Bytes::from(vec![b'a'; 64 * 1024]);
    let signed = || {
        let body = chunk.repeat(8);
        user.sign(
            request(Method::PUT, "/v1/picture"),
            &body,
            Place::HeaderWithHash,
        )
    };
    let sent = |last: Bytes| {
        let chunks = std::iter::repeat_n(chunk.clone(), 7).chain([last]);
        Body::from_stream(stream::iter(chunks.map(Ok::<_, std::io::Error>)))
    };

    let mut other = chunk.to_vec();
    other[chunk.len() - 1] = b'b';
    let answer = world.edge.send_with(signed(), sent(other.into())).await;

    answer.refused(403, "invalid-signature");
    assert_eq!(world.calls.count(), 0, "its body never ended");
    let longer = request(Method::PUT, "/v1/picture").header("x-other", "1");
    let longer = user.sign(longer, &chunk.repeat(8), Place::HeaderWithHash);
    world
        .edge
        .send_with(longer, sent(chunk.clone()))
        .await
        .ok(200);
    assert_eq!(world.calls.only().body.len(), 8 * chunk.len());
}

async fn a_body_is_left_out_of_the_signature_only_where_the_document_says_so(way: Way) {
    let world = World::open(way).await;
    let user = Credentials::of_customer(&world).await;

    let signed = user.sign(
        request(Method::PUT, "/v1/picture"),
        b"",
        Place::HeaderUnsigned,
    );
    world.edge.send_with(signed, "any").await.ok(200);
    let signed = user.sign(
        request(Method::POST, "/v1/letters"),
        b"",
        Place::HeaderUnsigned,
    );
    let answer = world.edge.send_with(signed, "any").await;

    answer.refused(403, "invalid-signature");
    assert_eq!(world.calls.only().body, "any");
}

async fn a_body_over_the_limit_is_refused_before_it_is_hashed(way: Way) {
    let world = World::open(way).await;
    let user = Credentials::of_customer(&world).await;
    let long = "seventeen letters";

    for place in SIGNED {
        let signed = user.sign(request(Method::POST, "/v1/notes"), long.as_bytes(), place);
        let chunks = stream::iter([Ok::<_, std::io::Error>(long)]);
        let answer = world
            .edge
            .send_with(signed, Body::from_stream(chunks))
            .await;

        answer.refused(413, "body-too-large");
    }
    assert_eq!(world.calls.count(), 0);
}

async fn only_a_few_large_bodies_are_kept_in_memory_to_be_proven(way: Way) {
    let world = World::open(way).await;
    let user = Credentials::of_customer(&world).await;
    let begin = || {
        let signed = user.sign(request(Method::PUT, "/v1/picture"), b"a", Place::Header);
        let body = stream::pending::<std::io::Result<Bytes>>();
        Box::pin(world.edge.send_with(signed, Body::from_stream(body)))
    };
    let mut waiting = future::select_all((0..8).map(|_| begin()));

    let answer = tokio::select! {
        biased;
        _ = &mut waiting => panic!("their bodies never end"),
        answer = begin() => answer,
    };

    answer.refused(503, "unavailable");
    // Those that can be compared as they pass need no room.
    let signed = user.sign(
        request(Method::PUT, "/v1/picture"),
        b"a",
        Place::HeaderWithHash,
    );
    tokio::select! {
        biased;
        _ = &mut waiting => panic!("their bodies never end"),
        answer = world.edge.send_with(signed, "a") => answer.ok(200),
    };
}
