//! Requests and answers: what an event loses and keeps.

use base64::{Engine, engine::general_purpose::STANDARD};
use kit::lambda::{ProxyAnswer, ProxyRequest};
use serde_json::{Value, json};

use super::{ORIGIN, ask, event, function, with};

async fn told(event: Value) -> Value {
    let (status, answer, told) = ask(&function(), event, "").await;
    assert_eq!(status, 200, "{answer}");
    told
}

fn order() -> Value {
    event("POST", "/v1/orders/7")
}

#[tokio::test]
async fn headers_and_parameters_that_come_twice_both_arrive() {
    let headers = json!({ "If-None-Match": ["\"a\"", "\"b\""], "Content-Length": ["9"] });
    let query = json!({ "q": ["fern & moss", "50%"], "empty": [""] });
    let event = with(
        with(order(), "/multiValueHeaders", headers),
        "/multiValueQueryStringParameters",
        query,
    );

    let told = told(event).await;

    let tags = told["headers"].as_array().unwrap().iter();
    let tags: Vec<_> = tags
        .filter(|it| it[0] == "if-none-match")
        .map(|it| &it[1])
        .collect();
    assert_eq!(tags, ["\"a\"", "\"b\""]);
    assert_eq!(
        told["target"],
        "/v1/orders/7?empty=&q=fern%20%26%20moss&q=50%25"
    );
    assert!(!told["headers"].to_string().contains("content-length"));
}

#[tokio::test]
async fn single_headers_and_parameters_do_where_the_others_are_missing() {
    let event = with(order(), "/multiValueHeaders", Value::Null);
    let event = with(event, "/queryStringParameters", json!({ "limit": "5" }));

    let told = told(event).await;

    assert_eq!(told["target"], "/v1/orders/7?limit=5");
    assert!(told["headers"].to_string().contains("application/json"));
}

#[tokio::test]
async fn a_binary_body_arrives_as_its_bytes() {
    let event = with(order(), "/body", json!(STANDARD.encode([0, 159, 146, 150])));
    let event = with(event, "/isBase64Encoded", json!(true));

    assert_eq!(told(event).await["body"], json!([0, 159, 146, 150]));
}

#[tokio::test]
async fn what_cannot_be_read_is_told_as_a_problem() {
    let base64 = with(
        with(order(), "/body", json!("%")),
        "/isBase64Encoded",
        json!(true),
    );
    for event in [
        base64,
        with(order(), "/multiValueHeaders", json!({ "a b": ["c"] })),
        with(order(), "/multiValueHeaders", json!({ "a": ["b\r\nc: d"] })),
        with(order(), "/httpMethod", json!("GET IT")),
        with(order(), "/path", json!("v1/orders/7")),
        with(order(), "/path", json!("/v1/orders/7/cancel")),
        with(order(), "/path", json!("/v1/orders/..")),
        with(order(), "/path", json!("//v1/orders/7")),
    ] {
        let (status, answer, problem) = ask(&function(), event.clone(), "").await;

        assert_eq!(
            (status, &problem["type"]),
            (400, &json!("/problems/bad-request")),
            "{event}"
        );
        assert_eq!(problem["instance"], "b6ff7f8e-0f3d-4c5b-9f0a-0c4f6d3f3a11");
        assert_eq!(
            answer["multiValueHeaders"]["x-content-type-options"],
            json!(["nosniff"])
        );
    }
}

#[tokio::test]
async fn what_proxies_say_of_a_client_is_api_gateways_own_word() {
    let forged = json!({
        "X-Forwarded-For": ["198.51.100.1"], "X-Real-IP": ["198.51.100.1"], "Forwarded": ["for=198.51.100.1"],
        "X-Forwarded-Proto": ["http"], "X-Forwarded-Host": ["evil.example"], "Authorization": ["Bearer x"],
        "X-Amz-Security-Token": ["secret"], "X-Request-Id": ["mine"]
    });

    let told = told(with(order(), "/multiValueHeaders", forged)).await;

    let mut headers: Vec<_> = told["headers"].as_array().unwrap().clone();
    headers.sort_by_key(Value::to_string);
    assert_eq!(
        headers,
        [
            json!(["x-forwarded-for", "203.0.113.9"]),
            json!(["x-forwarded-host", "shop.example"]),
            json!(["x-forwarded-proto", "https"]),
            json!(["x-request-id", "b6ff7f8e-0f3d-4c5b-9f0a-0c4f6d3f3a11"]),
        ]
    );
}

#[tokio::test]
async fn a_picture_leaves_in_base64() {
    let event = with(
        event("GET", "/v1/picture"),
        "/resource",
        json!("/v1/picture"),
    );

    let (status, answer, _) = ask(&function(), event, "").await;

    assert_eq!(status, 200);
    assert_eq!(answer["isBase64Encoded"], true);
    assert_eq!(answer["body"], STANDARD.encode(b"\x89PNG"));
}

#[tokio::test]
async fn pages_of_the_shop_alone_may_read_answers() {
    let from = |origin: &str| with(order(), "/multiValueHeaders/Origin", json!([origin]));

    let (_, own, _) = ask(&function(), from(ORIGIN), "").await;
    let (status, foreign, _) = ask(&function(), from("https://evil.example"), "").await;

    let headers = &own["multiValueHeaders"];
    assert_eq!(headers["access-control-allow-origin"], json!([ORIGIN]));
    assert_eq!(headers["access-control-allow-credentials"], json!(["true"]));
    assert!(
        headers["server-timing"][0]
            .as_str()
            .unwrap()
            .starts_with("orders;dur=")
    );
    assert_eq!(
        foreign["multiValueHeaders"]["access-control-allow-origin"],
        Value::Null
    );
    assert_eq!(
        (status, &foreign["multiValueHeaders"]["vary"]),
        (200, &json!(["origin"]))
    );
}

#[tokio::test]
async fn a_page_of_another_origin_may_not_bring_a_cookie() {
    let with_cookie = |origin: &str| {
        let event = with(order(), "/multiValueHeaders/Origin", json!([origin]));
        with(
            event,
            "/multiValueHeaders/Cookie",
            json!(["terrace_refresh=x"]),
        )
    };

    let (refused, _, problem) =
        ask(&function(), with_cookie("https://evil.terrace.example"), "").await;
    let (own, ..) = ask(&function(), with_cookie(ORIGIN), "").await;

    assert_eq!(
        (refused, &problem["type"]),
        (403, &json!("/problems/foreign-origin"))
    );
    assert_eq!(own, 200);
}

#[tokio::test(start_paused = true)]
async fn a_function_says_that_it_took_too_long_before_it_is_ended() {
    for path in ["/v1/slow", "/v1/endless"] {
        let event = with(event("GET", path), "/resource", json!(path));

        let (status, _, problem) = ask(&function(), event, "").await;

        let timeout = json!("/problems/timeout");
        assert_eq!((status, &problem["type"]), (504, &timeout), "{path}");
    }
}

#[tokio::test]
async fn a_request_of_a_neighbour_is_the_same_after_its_way() {
    let request = http::Request::put("/internal/orders/7?after=a%20b&after=c")
        .header("if-match", "\"1\"")
        .header("content-type", "application/json")
        .body(())
        .unwrap();
    let (head, ()) = request.into_parts();
    let event = serde_json::to_value(ProxyRequest::new(&head, b"{\"a\":\"\xc3\xa9\"}")).unwrap();

    let read: ProxyRequest = serde_json::from_value(event).unwrap();
    let (read, body) = read.into_request().unwrap().into_parts();

    assert_eq!((read.method, read.headers), (head.method, head.headers));
    assert_eq!(
        read.uri.to_string(),
        "/internal/orders/7?after=a%20b&after=c"
    );
    let body = axum::body::to_bytes(body, 100).await.unwrap();
    assert_eq!(&body[..], b"{\"a\":\"\xc3\xa9\"}");
}

#[tokio::test]
async fn an_answer_to_a_neighbour_is_the_same_after_its_way() {
    let answer = http::Response::builder()
        .status(409)
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2");
    let (head, ()) = answer.body(()).unwrap().into_parts();
    let event = serde_json::to_vec(&ProxyAnswer::new(&head, &[0, 255])).unwrap();

    let read: ProxyAnswer = serde_json::from_slice(&event).unwrap();
    let (read, body) = read.into_response().unwrap().into_parts();

    assert_eq!((read.status, read.headers), (head.status, head.headers));
    assert_eq!(
        axum::body::to_bytes(body, 100).await.unwrap(),
        &[0, 255][..]
    );
}
