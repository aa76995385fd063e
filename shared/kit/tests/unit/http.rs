//! What handlers receive and answer.

use axum::{
    body::{Body, to_bytes},
    extract::FromRequest,
};
use http::{Request, header};
use kit::http::{Cursor, Faults, Limit, Line, Lines, List, Parse, ProblemBody, ValidJson, integer};
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
        let lines: Lines<5> = serde_json::from_value(text.into()).unwrap();
        lines.parse(&mut Faults::default())
    };

    assert_eq!(check(" a\n\nb\n").as_deref(), Some("a\n\nb"));
    assert_eq!(check("abcdef"), None);
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
    let request = Request::post("/").header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body)).unwrap();
    match ValidJson::<Form>::from_request(request, &()).await {
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

#[tokio::test]
async fn a_field_at_fault_is_named_by_where_it_stands() {
    let fine = read_form(r#"{ "fine": "fine", "empty": "not" }"#).await;
    let empty = read_form(r#"{ "fine": "fine", "empty": "" }"#).await;

    assert_eq!(fine, Ok(("fine".to_owned(), "not".to_owned(), None)));
    assert_eq!(empty, Err(vec!["/empty".to_owned()]));
}
