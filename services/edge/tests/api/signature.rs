//! Signed requests: which are accepted, what the service is told, and how the others are refused.

use axum::http::{HeaderName, Method, header, request::Builder};
use kit::identity::CALLER_HEADER;
use testkit::service::Answer;
use uuid::Uuid;

use crate::{
    identify::trusted_by,
    signing::{Credentials, How, Place},
    world::{Way, World, bearer, from, request},
};

both_ways![
    a_signed_request_speaks_for_its_signer,
    a_presigned_request_speaks_for_its_signer_and_loses_its_signature,
    every_refusal_has_the_name_that_aws_has_for_it,
    a_request_that_was_changed_is_refused,
    a_bad_signature_is_refused_on_every_path_alike,
    bad_signatures_are_limited_as_bad_tokens_are,
    a_query_that_only_looks_like_a_signature_is_none,
];

async fn a_signed_request_speaks_for_its_signer(way: Way) {
    let world = World::open(way).await;
    let id = Uuid::now_v7();
    let staff = Credentials::of(&world, &world.issuer.staff(id)).await;

    for place in [Place::Header, Place::HeaderWithHash] {
        let asked =
            request(Method::DELETE, "/v1/plants/caf%C3%A9?b=2&a=x%20y").header("x-amz-meta", "1");
        world.edge.send(staff.sign(asked, b"", place)).await.ok(200);

        let seen = world.calls.only();
        assert_eq!(seen.uri, "/v1/plants/caf%C3%A9?b=2&a=x%20y");
        let told = trusted_by("garden", &seen.headers[CALLER_HEADER])
            .await
            .unwrap();
        assert_eq!(told.subject, Some(id));
        assert!(told.is_in("staff"));
        assert!(!seen.headers.contains_key(header::AUTHORIZATION));
        let left: Vec<_> = seen.headers.keys().map(HeaderName::as_str).collect();
        let left: Vec<_> = left
            .iter()
            .filter(|name| name.starts_with("x-amz-"))
            .collect();
        assert_eq!(left, [&"x-amz-meta"], "{place:?}");
    }
}

async fn a_presigned_request_speaks_for_its_signer_and_loses_its_signature(way: Way) {
    let world = World::open(way).await;
    let id = Uuid::now_v7();
    let user = Credentials::of(&world, &world.issuer.customer(id)).await;

    for target in ["/v1/me", "/v1/me?b=2&a=x%20y"] {
        let signed = user.sign(request(Method::GET, target), b"", Place::Query);
        world.edge.send(signed).await.ok(200);

        let seen = world.calls.only();
        assert_eq!(seen.uri, target);
        let told = trusted_by("garden", &seen.headers[CALLER_HEADER]).await;
        assert_eq!(told.unwrap().subject, Some(id));
    }
}

async fn every_refusal_has_the_name_that_aws_has_for_it(way: Way) {
    let world = World::open(way).await;
    let user = Credentials::of_customer(&world).await;
    let other = Credentials::of_customer(&world).await;
    let me = || request(Method::GET, "/v1/me");
    let with = |how: How| user.sign(me(), b"", how);
    let how = How::default;
    let unknown = Credentials {
        access_key_id: "ASIAAAAAAAAAAAAAAAAA".into(),
        ..user.clone()
    };
    let swapped = Credentials {
        session_token: other.session_token,
        ..user.clone()
    };
    let guessed = Credentials {
        secret_access_key: other.secret_access_key,
        ..user.clone()
    };
    let bare = Credentials {
        session_token: None,
        ..user.clone()
    };
    let authorized = |value: &str| me().header(header::AUTHORIZATION, value);

    for (what, signed, slug, name) in [
        (
            "of another key",
            unknown.sign(me(), b"", how()),
            "unrecognized-client",
            "UnrecognizedClient",
        ),
        (
            "another's token",
            swapped.sign(me(), b"", how()),
            "unrecognized-client",
            "UnrecognizedClient",
        ),
        (
            "another's secret",
            guessed.sign(me(), b"", how()),
            "invalid-signature",
            "InvalidSignature",
        ),
        (
            "no token",
            bare.sign(me(), b"", how()),
            "missing-authentication-token",
            "MissingAuthenticationToken",
        ),
        (
            "too old",
            with(How { age: 301, ..how() }),
            "invalid-signature",
            "InvalidSignature",
        ),
        (
            "expired",
            with(How {
                age: 61,
                place: Place::Query,
                ..how()
            }),
            "invalid-signature",
            "InvalidSignature",
        ),
        (
            "another region",
            with(How {
                region: "moon",
                ..how()
            }),
            "invalid-signature",
            "InvalidSignature",
        ),
        (
            "another service",
            with(How {
                service: "s3",
                ..how()
            }),
            "invalid-signature",
            "InvalidSignature",
        ),
        (
            "nothing behind it",
            authorized("AWS4-HMAC-SHA256"),
            "incomplete-signature",
            "IncompleteSignature",
        ),
        (
            "another algorithm",
            authorized("AWS4-ECDSA-P256-SHA256 Credential=a"),
            "incomplete-signature",
            "IncompleteSignature",
        ),
        (
            "chunks",
            with(how()).header("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            "incomplete-signature",
            "IncompleteSignature",
        ),
        (
            "both",
            bearer(
                with(Place::Query.into()),
                &world.issuer.customer(Uuid::now_v7()),
            ),
            "incomplete-signature",
            "IncompleteSignature",
        ),
        (
            "half a query",
            request(Method::GET, "/v1/me?X-Amz-Signature=00"),
            "incomplete-signature",
            "IncompleteSignature",
        ),
    ] {
        let answer = world.edge.send(signed).await;

        assert_eq!(answer.status, 403, "{what}: {}", answer.text());
        answer.refused(403, slug);
        assert_eq!(
            answer.header("x-amzn-errortype"),
            format!("{name}Exception"),
            "{what}"
        );
    }
    assert_eq!(world.calls.count(), 0);
}

async fn a_request_that_was_changed_is_refused(way: Way) {
    let world = World::open(way).await;
    let user = Credentials::of_customer(&world).await;
    let me = || request(Method::GET, "/v1/me?a=1").header("x-meta", "1");
    let signed = |place: Place| user.sign(me(), b"", place);

    for place in [Place::Header, Place::HeaderWithHash, Place::Query] {
        let uri = signed(place).uri_ref().unwrap().to_string();
        let changes: [fn(Builder) -> Builder; 4] = [
            |it| it.method(Method::POST),
            |it| it.header("host", "shop.example"),
            |it| it.header("x-meta", "2"),
            |it| it.header("x-amz-else", "2"),
        ];
        for change in changes {
            let answer = world.edge.send(change(signed(place))).await;
            assert!(
                [400, 403].contains(&answer.status.as_u16()),
                "{place:?}: {}",
                answer.text()
            );
        }
        for changed in [
            uri.replace("a=1", "a=2"),
            uri.clone() + "&b=1",
            uri.replace("/me", "/mf"),
        ] {
            let answer = world.edge.send(signed(place).uri(changed)).await;
            answer.refused(403, "invalid-signature");
        }
    }
    assert_eq!(world.calls.count(), 0);
}

async fn a_bad_signature_is_refused_on_every_path_alike(way: Way) {
    let world = World::open(way).await;
    let user = Credentials::of_customer(&world).await;
    let guessed = Credentials {
        secret_access_key: "guessed".into(),
        ..user
    };

    for path in ["/v1/plants", "/v1/me", "/nowhere", "/internal/orders"] {
        let signed = guessed.sign(request(Method::GET, path), b"", Place::Header);

        world
            .edge
            .send(signed)
            .await
            .refused(403, "invalid-signature");
    }
}

async fn bad_signatures_are_limited_as_bad_tokens_are(way: Way) {
    let world = World::with(way, |config| {
        config.client_rate_per_s = 1;
        config.client_burst = 5;
    })
    .await;
    let guess = |address: &str| {
        let request = request(Method::GET, "/v1/me?X-Amz-Signature=00");
        world.edge.send(from(request, address))
    };

    let mut answers: Vec<Answer> = Vec::new();
    for _ in 0..10 {
        answers.push(guess("203.0.113.7").await);
    }

    assert_eq!(answers[0].status, 403);
    answers[9].refused(429, "too-many-requests");
    guess("203.0.113.8")
        .await
        .refused(403, "incomplete-signature");
}

async fn a_query_that_only_looks_like_a_signature_is_none(way: Way) {
    let world = World::open(way).await;

    world.edge.get("/v1/plants?q=X-Amz-Signature").await.ok(200);

    assert_eq!(world.calls.only().uri, "/v1/plants?q=X-Amz-Signature");
}
