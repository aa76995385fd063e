//! One more operation of a service: a file, its row in `routes.rs`, its permission, its test.

use anyhow::{Context, ensure};

use super::{
    Change, Tree,
    edit::{after_last, before},
    wiring::statement,
};

/// What has to be written for `verb_noun`.
pub(super) fn operation(tree: &Tree, service: &str, name: &str) -> anyhow::Result<Change> {
    let routes = format!("services/{service}/src/routes.rs");
    let tests = format!("services/{service}/tests/api/main.rs");
    for path in [&routes, &tests] {
        ensure!(tree.has(path), "`{service}`: there is no {path}");
    }
    let text = tree.read(&routes)?;
    ensure!(
        text.contains("split_for_parts"),
        "`{service}`: the edge asks it nothing, so that there is no document for an operation"
    );
    let state = tree.read(&format!("services/{service}/src/state.rs"))?;
    ensure!(
        state.contains("store: Arc<dyn Store>") && tree.read(&tests)?.contains("struct TestApp"),
        "`{service}`: its rooms are not those of xtask/template; write the operation after those beside it"
    );
    let words: Vec<&str> = name.split('_').collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase());
    ensure!(
        words.len() > 1 && words.iter().all(is_word) && name.len() <= 40,
        "`{name}`: expected a verb and a noun in small letters, as `archive_review`"
    );
    let path = format!("/v1/{service}/{}", words.join("-"));
    ensure!(
        !text.contains(&format!("mod {name};")),
        "{service}: there is {name} already"
    );

    let mut change = Change {
        told: format!(
            "\nPOST {path} is there, for anybody who is signed in. What it does stands in services/{service}/src/routes/{name}.rs."
        ),
        ..Change::default()
    };
    let crate_name = service;
    let says = words.join(" ");
    change.new.insert(
        format!("services/{service}/src/routes/{name}.rs"),
        handler(crate_name, name, &path, &says),
    );
    change.new.insert(
        format!("services/{service}/tests/api/{name}.rs"),
        test(name, &path),
    );
    change.edit(tree, &routes, |text| {
        let text = before(&text, "mod ", &format!("mod {name};\n"))?;
        let row = format!("        .routes(routes!({name}::{name}))\n");
        after_last(&text, ".routes(routes!(", &row)
    })?;
    change.edit(tree, &tests, |text| {
        before(&text, "mod ", &format!("mod {name};\n"))
    })?;
    change.edit(tree, "policies/customer.json", |text| {
        let sid: String = words.iter().map(|it| super::names::capital(it)).collect();
        let operation = path.trim_start_matches("/v1/");
        statement(&text, &sid, &[format!("POST/{operation}")])
    })?;
    change.edit(tree, &format!("services/{service}/README.md"), |text| {
        let row = format!("| `POST {path}` ● | Answers nothing yet. |\n");
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let is_row = |line: &&str| {
            let mut methods = ["GET ", "POST ", "PUT ", "PATCH ", "DELETE "].iter();
            methods.any(|it| line.starts_with(&format!("| `{it}")))
        };
        let last = lines.iter().rposition(is_row);
        let at = last.context("there is no table of operations")? + 1;
        Ok(lines[..at].concat() + &row + &lines[at..].concat())
    })?;
    Ok(change)
}

fn handler(service: &str, name: &str, path: &str, says: &str) -> String {
    format!(
        r#"//! `POST {path}`: {says}.

use axum::extract::State;
use kit::identity::User;

use crate::{{AppState, Error}};

/// Does nothing yet but ask the store whether it is there.
#[utoipa::path(
    post,
    path = "{path}",
    tag = "{service}",
    responses((status = 204, description = "Done")),
    security(("bearer" = [])),
)]
pub(crate) async fn {name}(
    State(state): State<AppState>,
    _: User,
) -> Result<http::StatusCode, Error> {{
    state.store.ping().await?;
    Ok(http::StatusCode::NO_CONTENT)
}}
"#
    )
}

fn test(name: &str, path: &str) -> String {
    format!(
        r#"//! `POST {path}`.

use http::Method;
use uuid::Uuid;

use crate::TestApp;

#[tokio::test]
async fn {name}_is_for_who_is_signed_in() {{
    let app = TestApp::new().await;

    let done = app.service.customer(Uuid::now_v7());
    let done = done.bare(Method::POST, "{path}").await;
    let refused = app.service.anonymous();
    let refused = refused.bare(Method::POST, "{path}").await;

    assert_eq!(done.status, 204);
    refused.refused(401, "sign-in-required");
}}
"#
    )
}
