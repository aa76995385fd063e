use axum::{Router, body::Body, extract::Request, middleware, routing::get};
use http::{HeaderValue, StatusCode, header};
use jiff::SignedDuration;
use kit::{
    clock::Clock,
    identity::{
        CALLER_CHALLENGE, CALLER_HEADER, Caller, MAX_CLOCK_DIFFERENCE_S, Minter, Trust,
        require_trust,
    },
};
use tower::ServiceExt;

const KEY: &str = "an-invoke-key-of-a-unit-test-32b";

fn minter() -> Minter {
    Minter::new("orders", &KEY.into()).unwrap()
}

fn trust() -> Trust {
    Trust::new("orders", &[KEY.into()]).unwrap()
}

fn caller(route: &str) -> Caller {
    Caller {
        issuer: "edge".into(),
        route: route.into(),
        ..Caller::default()
    }
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// Whether a service with this trust lets the token in.
async fn trusts(trust: &Trust, token: &HeaderValue) -> bool {
    let service = Router::new()
        .route("/", get(async || ()))
        .layer(middleware::from_fn_with_state(trust.clone(), require_trust));
    let request = Request::get("/").header(CALLER_HEADER, token);
    let answer = service.oneshot(request.body(Body::empty()).unwrap()).await;
    let answer = answer.unwrap();
    if answer.status() == StatusCode::UNAUTHORIZED {
        assert_eq!(answer.headers()[header::WWW_AUTHENTICATE], CALLER_CHALLENGE);
        return false;
    }
    assert_eq!(answer.status(), StatusCode::OK);
    true
}

#[test]
fn the_same_caller_gets_the_same_token_for_a_while_and_another_one_does_not() {
    let minter = minter();
    let staff = Caller {
        groups: ["staff".into()].into(),
        ..caller("list")
    };

    let token = minter.mint(caller("list"));

    assert_eq!(minter.mint(caller("list")), token);
    assert_ne!(minter.mint(caller("read")), token);
    assert_ne!(minter.mint(staff), token);
}

#[tokio::test]
async fn a_clock_that_steps_on_one_machine_refuses_nobody() {
    for step in [3600, 66, 11, -11, -66, -3600] {
        let clock = Clock::adjustable();
        let (minter, trust) = (
            minter().with_clock(clock.clone()),
            trust().with_clock(clock.clone()),
        );
        assert!(trusts(&trust, &minter.mint(caller("list"))).await);

        clock.step(seconds(step));

        assert!(
            trusts(&trust, &minter.mint(caller("list"))).await,
            "{step} s"
        );
    }
}

#[tokio::test]
async fn clocks_of_two_machines_may_differ_by_so_much_and_no_more() {
    for (differ, trusted) in [
        (MAX_CLOCK_DIFFERENCE_S - 1, true),
        (1 - MAX_CLOCK_DIFFERENCE_S, true),
        (-MAX_CLOCK_DIFFERENCE_S - 2, false),
        (3600, false),
        (-3600, false),
    ] {
        let clock = Clock::adjustable();
        let service = trust().with_clock(clock.clone());
        clock.step(seconds(differ));

        assert_eq!(
            trusts(&service, &minter().mint(caller("list"))).await,
            trusted,
            "{differ} s"
        );
    }
}

#[tokio::test]
async fn a_token_that_was_trusted_ends_by_the_wall_clock() {
    let clock = Clock::adjustable();
    let trust = trust().with_clock(clock.clone());
    let token = minter().mint(caller("list"));
    assert!(trusts(&trust, &token).await);

    clock.step(seconds(60 + MAX_CLOCK_DIFFERENCE_S - 1));
    assert!(trusts(&trust, &token).await);
    clock.step(seconds(3));
    assert!(!trusts(&trust, &token).await);
}
