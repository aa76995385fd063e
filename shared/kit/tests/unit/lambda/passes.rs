//! Passes of the background work: by a schedule, and after what has made work for them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use kit::{
    lambda::Function,
    program::{Pass, Service},
};
use serde_json::{Value, json};

use super::{alias, app, event, invocation, settings};

type Runs = Arc<Mutex<Vec<&'static str>>>;

fn function() -> (Function<axum::Router>, Runs) {
    let runs = Runs::default();
    let noted = |name: &'static str| {
        let runs = runs.clone();
        Pass::new(name, move || {
            runs.lock().unwrap().push(name);
            let result = match name {
                "broken" => Err("it is broken".into()),
                _ => Ok::<_, kit::events::Fault>(()),
            };
            async move { result }
        })
    };
    let hangs = Pass::new("hangs", || {
        std::future::pending::<Result<(), kit::events::Fault>>()
    });
    let service = Service {
        passes: vec![
            noted("relay").following(),
            hangs.following(),
            noted("resume"),
            noted("broken"),
        ],
        ..Service::<_, ()>::new(app())
    };
    (Function::new("orders", service, settings()), runs)
}

async fn run(event: Value) -> (Result<Value, String>, Vec<&'static str>) {
    let (function, runs) = function();
    let answer = function.handle(event, &invocation("")).await;
    let runs = runs.lock().unwrap().clone();
    (answer.map_err(|fault| fault.to_string()), runs)
}

#[tokio::test]
async fn a_schedule_runs_the_pass_that_it_names() {
    let (answer, runs) = run(json!({ "run": "resume" })).await;

    assert_eq!(answer, Ok(json!({ "ran": ["resume"] })));
    assert_eq!(runs, ["resume"]);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_that_names_none_runs_all_and_fails_if_one_does() {
    let (answer, runs) =
        run(json!({ "source": "aws.events", "detail-type": "Scheduled Event" })).await;

    assert_eq!(answer, Err("failed: hangs, broken".to_owned()));
    assert_eq!(runs, ["relay", "resume", "broken"]);
}

#[tokio::test(start_paused = true)]
async fn after_a_change_the_passes_follow_that_it_made_work_for_and_nobody_waits_long() {
    let started = tokio::time::Instant::now();

    let (answer, runs) = run(event("POST", "/v1/orders/7")).await;

    assert_eq!(answer.unwrap()["statusCode"], 200);
    assert_eq!(runs, ["relay"]);
    assert!(started.elapsed() < Duration::from_millis(1_500));
    let (_, runs) = run(event("GET", "/v1/orders/7")).await;
    assert_eq!(runs, [""; 0]);
}

#[tokio::test]
async fn a_neighbour_neither_runs_passes_nor_brings_events() {
    let (function, runs) = function();
    let record = json!({ "messageId": "1", "body": "{}", "eventSource": "aws:sqs" });
    for event in [json!({ "run": "resume" }), json!({ "Records": [record] })] {
        assert!(function.handle(event, &invocation(&alias())).await.is_err());
    }
    assert_eq!(*runs.lock().unwrap(), [""; 0]);
}

#[tokio::test]
async fn what_is_no_event_of_ours_is_refused() {
    for event in [
        json!({}),
        json!([]),
        json!("run"),
        json!({ "run": 7 }),
        json!({ "Records": [] }),
    ] {
        let (answer, _) = run(event).await;
        assert!(answer.unwrap_err().contains("does not know"));
    }
    let (answer, _) = run(json!({ "run": "away" })).await;
    assert_eq!(
        answer.unwrap_err(),
        "expected one of the passes relay, hangs, resume, broken"
    );
}
