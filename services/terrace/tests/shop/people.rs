//! Whoever runs the shop looks after accounts by commands, while it is open.

use std::{
    path::Path,
    process::Output,
    time::{Duration, Instant},
};

use axum::http::Method;

use crate::{
    process::{Process, free_ports, terrace},
    visitor,
};

/// Runs `terrace people` with these words after it.
fn people(data: &Path, words: &[&str]) -> Output {
    let mut command = terrace(data, free_ports());
    command.arg("people").args(words).output().unwrap()
}

#[track_caller]
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    text
}

#[track_caller]
fn refused(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_give_and_take_groups_of_an_open_shop_and_old_tokens_end() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let early = refused(&people(data, &["find", "rose"]), 1);
    assert!(early.contains("there is no shop in"), "{early}");
    let mut shop = Process::start(data, free_ports());
    shop.wait().await;
    let account = visitor::account("rose");
    let email = &*account.email;
    let rose = shop.visitor().sign_up_as(&account).await;
    rose.try_as_staff().await.refused(403, "staff-only");

    let found = said(&people(data, &["find", &email.to_uppercase()]));
    assert!(
        found.contains(email) && found.lines().count() == 1,
        "{found}"
    );
    let reason = ["--reason", "Works here now"];
    said(&people(
        data,
        &["give", email, "staff", reason[0], reason[1]],
    ));
    let rose = shop.visitor().sign_in(&account).await;
    rose.try_as_staff().await.refused(422, "invalid-body");
    let log = rose.call(Method::GET, "/v1/audit", None).await;
    log.refused(403, "managers-only");
    said(&people(data, &["take", email, "staff"]));

    let until = Instant::now() + Duration::from_secs(10);
    let mut answer = rose.try_as_staff().await;
    while answer.status == 422 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(100)).await;
        answer = rose.try_as_staff().await;
    }
    answer.refused(401, "invalid-token");
    let log = said(&people(data, &["audit", "--of", email]));
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].contains("take-group") && lines[1].contains("Works here now"));
    assert!(!log.contains(email), "{log}");
    let manager = "manager@terrace.example";
    let last = refused(&people(data, &["take", manager, "manager"]), 1);
    assert!(last.contains("last manager"), "{last}");
    let nobody = people(data, &["end-sessions", "nobody@garden.example"]);
    assert!(refused(&nobody, 1).contains("no account has"));
    let no_address = people(data, &["reset-factors", "rose"]);
    assert!(refused(&no_address, 1).contains("is not an e-mail address"));
    refused(&people(data, &["give", email, "root"]), 2);
    shop.kill();
}
