//! Where work is in a trace, and where its spans go.

use http::{HeaderMap, HeaderValue};
use kit::trace::{Collector, Kind, Span, TRACEPARENT, Trace, current, within, within_sync};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn a_traceparent_is_read_and_written_alike() {
    let trace: Trace = PARENT.parse().unwrap();

    assert_eq!(trace.to_string(), PARENT);
    assert_eq!(trace.id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(trace.span_id(), "00f067aa0ba902b7");
    assert!(trace.is_sampled());
}

#[test]
fn a_later_version_may_say_more() {
    let later = PARENT.replacen("00", "cc", 1) + "-what-the-future-brings";

    let trace: Trace = later.parse().unwrap();

    assert_eq!(trace.to_string(), PARENT);
}

#[test]
fn what_is_no_traceparent_is_refused() {
    for text in [
        "",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47-0600f067aa0ba902b7-01",
    ] {
        assert!(text.parse::<Trace>().is_err(), "{text}");
    }
}

#[test]
fn two_traceparents_are_as_good_as_none() {
    let mut headers = HeaderMap::new();
    headers.append(TRACEPARENT, HeaderValue::from_static(PARENT));
    assert!(Trace::of(&headers).is_some());

    headers.append(TRACEPARENT, HeaderValue::from_static(PARENT));

    assert!(Trace::of(&headers).is_none());
}

#[test]
fn without_a_collector_a_trace_goes_along_unchanged() {
    let parent: Trace = PARENT.parse().unwrap();

    let below = Span::start("garden", Kind::Server, Some(parent), || "dig");
    let alone = Span::start("garden", Kind::Server, None, || "dig");

    assert_eq!(below.trace(), parent);
    assert!(!alone.trace().is_sampled());
    assert_ne!(alone.trace().id(), parent.id());
}

#[tokio::test]
async fn work_knows_where_it_is() {
    let trace: Trace = PARENT.parse().unwrap();
    assert_eq!(current(), None);

    let inside = within(Some(trace), async { current() }).await;

    assert_eq!(inside, Some(trace));
    assert_eq!(within_sync(inside, current), inside);
}

#[test]
fn a_collector_is_the_address_of_a_receiver_or_nothing() {
    for (text, kept) in [
        ("", ""),
        ("http://collector:4318", "http://collector:4318"),
        ("http://127.0.0.1:4318/otlp", "http://127.0.0.1:4318/otlp"),
        ("http://collector:4318/", "http://collector:4318"),
    ] {
        let collector = Collector::try_from(text.to_owned()).unwrap();
        assert_eq!(serde_json::to_value(collector).unwrap(), kept);
    }
}

#[test]
fn what_spans_cannot_go_to_is_refused_with_what_can_be() {
    for text in ["collector:4318", "https://collector", "/v1/traces", "grpc"] {
        let fault = Collector::try_from(text.to_owned())
            .unwrap_err()
            .to_string();
        assert!(fault.contains("http://<host>:<port>"), "{fault}");
    }
}
