//! What handlers receive and answer.

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, FromRequestParts},
};
use http::{Request, header};
use kit::http::{
    Cursor, ETag, Faults, IfMatch, Limit, Line, Lines, List, Parse, ProblemBody, RawBody,
    ValidJson, integer, kinds,
};
use serde::Deserialize;
use utoipa::PartialSchema;

fn read(json: &str) -> Option<i64> {
    integer(&mut serde_json::Deserializer::from_str(json)).ok()
}

#[test]
fn an_integer_is_one_however_it_is_written() {
    for json in ["3", "3.0", "0.3e1", "30e-1"] {
        assert_eq!(read(json), Some(3), "{json}");
    }
    assert_eq!(read("-9223372036854775808"), Some(i64::MIN));
}

#[test]
fn what_is_no_integer_or_too_large_to_be_exact_is_refused() {
    for json in [
        "3.5",
        "1e300",
        "18446744073709551615",
        "\"3\"",
        "true",
        "null",
    ] {
        assert_eq!(read(json), None, "{json}");
    }
}

fn cursor(text: &str) -> Cursor {
    serde_json::from_value(text.into()).unwrap()
}

#[test]
fn a_full_page_names_its_last_item_and_the_last_page_names_none() {
    let limit = Limit::try_from(2).unwrap();

    let first = List::from_rows(vec![1, 2, 3], limit, |n| *n);
    let last = List::from_rows(vec![3], limit, |n| *n);

    assert_eq!(first.items, [1, 2]);
    let cursor = cursor(&first.next_cursor.unwrap());
    assert_eq!(cursor.decode::<i32>().unwrap(), 2);
    assert_eq!(last.next_cursor, None);
}

#[test]
fn a_foreign_cursor_is_refused() {
    let problem = cursor("not ours").decode::<i32>().unwrap_err();

    assert_eq!(problem.slug(), "bad-cursor");
}

#[test]
fn the_same_numbers_judge_a_line_and_describe_it() {
    let described = serde_json::to_value(Line::<2, 4>::schema()).unwrap();

    assert_eq!(
        (&described["minLength"], &described["maxLength"]),
        (&2.into(), &4.into())
    );
    assert_eq!(Line::<2, 4>::check(" ab ").unwrap(), "ab");
    assert_eq!(Line::<2, 4>::check("üöäß").unwrap(), "üöäß");
    for refused in ["a", "abcde", " a ", "a\tb", "a\u{85}b"] {
        assert!(Line::<2, 4>::check(refused).is_err(), "{refused:?}");
    }
    assert_eq!(Line::<0, 4>::check(" ").unwrap(), "");
}

#[test]
fn lines_may_have_line_feeds_and_no_other_control_characters() {
    let check = |text: &str| {
        let lines: Lines<6> = serde_json::from_value(text.into()).unwrap();
        lines.parse(&mut Faults::default())
    };

    assert_eq!(check(" a\n\nb\n").as_deref(), Some("a\n\nb"));
    // What is sent is measured, as the document says.
    assert_eq!(check(" abcdef"), None);
    assert_eq!(check("a\rb"), None);
}

#[derive(Deserialize)]
struct Form {
    fine: Line<1, 4>,
    empty: Line<1, 4>,
    absent: Option<Line<1, 4>>,
}

impl Parse for Form {
    type Valid = (String, String, Option<String>);

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        let fine = faults.within("/fine", self.fine);
        let empty = faults.within("/empty", self.empty);
        let absent = faults.within("/absent", self.absent);
        Some((fine?, empty?, absent?))
    }
}

async fn read_form(body: &'static str) -> Result<<Form as Parse>::Valid, Vec<String>> {
    read_body::<Form>(body).await
}

async fn read_body<T: Parse>(body: &'static str) -> Result<T::Valid, Vec<String>> {
    let request = Request::post("/").header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body)).unwrap();
    match ValidJson::<T>::from_request(request, &()).await {
        Ok(ValidJson(valid)) => Ok(valid),
        Err(problem) => {
            let body = to_bytes(problem.respond(None).into_body(), 4096)
                .await
                .unwrap();
            let problem: ProblemBody = serde_json::from_slice(&body).unwrap();
            Err(problem
                .errors
                .into_iter()
                .map(|fault| fault.pointer)
                .collect())
        }
    }
}

#[derive(Deserialize)]
struct Nested {
    number: Option<u8>,
    inner: Vec<Inner>,
}

#[derive(Deserialize)]
struct Inner {
    on: Option<bool>,
}

impl Parse for Nested {
    type Valid = (Option<u8>, Vec<Option<bool>>);

    fn parse(self, _: &mut Faults) -> Option<Self::Valid> {
        Some((
            self.number,
            self.inner.into_iter().map(|it| it.on).collect(),
        ))
    }
}

#[tokio::test]
async fn an_array_is_no_object_at_any_depth() {
    let right = r#"{ "number": 7, "inner": [{ "on": true }, {}, { "on": null }] }"#;
    let whole = r#"[7, [{ "on": true }]]"#;
    let part = r#"{ "number": 7, "inner": [{}, [true]] }"#;

    let read = read_body::<Nested>(right).await;
    assert_eq!(read, Ok((Some(7), vec![Some(true), None, None])));
    assert_eq!(read_fault(whole).await, [""]);
    assert_eq!(read_fault(part).await, ["/inner/1"]);
}

async fn read_fault(body: &'static str) -> Vec<String> {
    read_body::<Nested>(body).await.unwrap_err()
}

#[tokio::test]
async fn a_field_at_fault_is_named_by_where_it_stands() {
    let fine = read_form(r#"{ "fine": "fine", "empty": "not" }"#).await;
    let empty = read_form(r#"{ "fine": "fine", "empty": "" }"#).await;

    assert_eq!(fine, Ok(("fine".to_owned(), "not".to_owned(), None)));
    assert_eq!(empty, Err(vec!["/empty".to_owned()]));
}

async fn if_match(lines: &[&str]) -> Option<IfMatch> {
    let mut request = Request::put("/");
    for line in lines {
        request = request.header(header::IF_MATCH, *line);
    }
    let (mut head, ()) = request.body(()).unwrap().into_parts();
    IfMatch::from_request_parts(&mut head, &()).await.ok()
}

#[tokio::test]
async fn a_precondition_may_stand_in_several_lines_and_names_tags_exactly() {
    let tag = "\"0000000000000004\"";
    for (lines, is_allowed) in [
        (&[tag][..], true),
        (&["\"5\"", tag], true),
        (&["\"5\" , \"0000000000000004\"", "\"6\""], true),
        (&["*"], true),
        (&["\"4\"", "\"+000000000000004\""], false),
        (&["W/\"0000000000000004\"", "0000000000000004", ""], false),
    ] {
        let known = if_match(lines).await.unwrap();
        assert_eq!(known.allows(ETag(4)), is_allowed, "{lines:?}");
    }
    assert_eq!(if_match(&[]).await, None);
}

#[tokio::test]
async fn a_body_in_a_content_coding_is_refused_with_those_that_are_taken() {
    for (coding, is_refused) in [
        (None, false),
        (Some("identity"), false),
        (Some("gzip"), true),
        (Some("identity, br"), true),
    ] {
        let request = || {
            let json = (header::CONTENT_TYPE, "application/json");
            let request = Request::post("/").header(json.0, json.1);
            let coding = coding.into_iter();
            let request = coding.fold(request, |it, coding| {
                it.header(header::CONTENT_ENCODING, coding)
            });
            request
                .body(Body::from(r#"{ "fine": "fine", "empty": "not" }"#))
                .unwrap()
        };
        let json = ValidJson::<Form>::from_request(request(), &()).await.err();
        let raw = RawBody::from_request(request(), &()).await.err();

        for problem in [json, raw] {
            assert_eq!(problem.is_some(), is_refused, "{coding:?}");
            if let Some(problem) = problem {
                let answer = problem.respond(None);
                assert_eq!(answer.status(), 415);
                assert_eq!(answer.headers()[header::ACCEPT_ENCODING], "identity");
            }
        }
    }
}

#[test]
fn whoever_is_to_come_back_later_is_told_when() {
    let answer = kit::http::Problem::unavailable().respond(None);
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
    // However it is made: a kind has its own.
    let answer = kinds::UNAVAILABLE.problem().respond(None);
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
}
