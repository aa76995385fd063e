//! One more operation of a service: a file, its row in `routes.rs`, its permission, its test.

use anyhow::{Context, ensure};
use serde_json::Value;

use super::{
    Change, Tree,
    edit::before,
    names::{capital, operation_ids},
    wiring::statement,
};

/// How the tests of a service open it.
#[derive(Debug, PartialEq)]
struct Opening {
    /// The type that has it as `service`, and where that is.
    import: String,
    /// The expression.
    open: String,
}

/// What has to be written for `verb_noun`.
pub(super) fn operation(tree: &Tree, service: &str, name: &str) -> anyhow::Result<Change> {
    let folder = format!("services/{service}");
    let routes = format!("{folder}/src/routes.rs");
    let tests = format!("{folder}/tests/api/main.rs");
    for path in [&routes, &tests] {
        ensure!(tree.has(path), "`{service}`: there is no {path}");
    }
    let text = tree.read(&routes)?;
    ensure!(
        text.contains("split_for_parts") || text.contains("into_openapi"),
        "`{service}`: the edge asks it nothing, so that there is no document for an operation"
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
    let document: Value = serde_json::from_str(&tree.read("openapi/terrace.json")?)?;
    ensure!(
        operation_ids(&document).all(|id| id != name),
        "{name}: an operation of another service is called so already"
    );
    let opening = opening(tree, &folder)?;

    let mut change = Change {
        told: format!(
            "\nPOST {path} is there, for anybody who is signed in. What it does stands in {folder}/src/routes/{name}.rs."
        ),
        ..Change::default()
    };
    let says = words.join(" ");
    change.new.insert(
        format!("{folder}/src/routes/{name}.rs"),
        handler(service, name, &path, &says),
    );
    change.new.insert(
        format!("{folder}/tests/api/{name}.rs"),
        test(name, &path, &opening),
    );
    change.edit(tree, &routes, |text| {
        let text = before(&text, "mod ", &format!("mod {name};\n"))?;
        routed(&text, name)
    })?;
    change.edit(tree, &tests, |text| {
        before(&text, "mod ", &format!("mod {name};\n"))
    })?;
    let listed = format!("{folder}/tests/api/document.rs");
    if tree.has(&listed) {
        let row = format!("{name}: POST {path} ●");
        change.edit(tree, &listed, |text| {
            in_list(&text, &row).with_context(|| format!("`{service}`"))
        })?;
    }
    change.edit(tree, "policies/customer.json", |text| {
        let sid: String = words.iter().map(|it| capital(it)).collect();
        let operation = format!("v1/POST{}", path.trim_start_matches("/v1"));
        statement(&text, &sid, &[operation])
    })?;
    change.edit(tree, &format!("{folder}/README.md"), |text| {
        in_readme(
            &text,
            &format!("| `POST {path}` ● | Answers nothing yet. |\n"),
        )
    })?;
    Ok(change)
}

/// How the tests open the service: by the type that has it as `service`, which is made of nothing.
fn opening(tree: &Tree, folder: &str) -> anyhow::Result<Opening> {
    let below = format!("{folder}/tests/api");
    for file in tree.files(&below)? {
        let text = tree.read(&format!("{below}/{file}"))?;
        let module = match file.strip_suffix(".rs") {
            Some("main") => String::new(),
            Some(module) if !module.contains('/') => format!("{module}::"),
            _ => continue,
        };
        if let Some(opening) = opened_in(&text, &module) {
            return Ok(opening);
        }
    }
    anyhow::bail!(
        "{folder}/tests/api has no type with a `service: Service` that is opened by `new()` or `empty()`; write the operation after those beside it"
    )
}

fn opened_in(text: &str, module: &str) -> Option<Opening> {
    let (before, after) = text.split_once("service: Service,")?;
    let name = before.rsplit_once("struct ")?.1.split_once(" {")?.0;
    let (_, methods) = after.split_once(&format!("impl {name} {{"))?;
    let (methods, _) = methods.split_once("\n}")?;
    ["new", "empty"].iter().find_map(|method| {
        let (before, _) = methods.split_once(&format!("fn {method}() -> Self"))?;
        let wait = if before.ends_with("async ") {
            ".await"
        } else {
            ""
        };
        Some(Opening {
            import: format!("crate::{module}{name}"),
            open: format!("{name}::{method}(){wait}"),
        })
    })
}

/// With the operation behind the last one.
fn routed(text: &str, name: &str) -> anyhow::Result<String> {
    const ROUTES: &str = "        .routes(routes!(";
    const WHOSE: &str = "        // Whoever is signed in.\n";
    let last = text.rfind(ROUTES).context("it has no `.routes(routes!(`")?;
    // In one line, or in several.
    let ends = text[last..]
        .find("))\n")
        .context("its routes have no end")?;
    let (before, after) = text.split_at(last + ends + "))\n".len());
    let whose = if text.contains(WHOSE) { "" } else { WHOSE };
    Ok(format!("{before}{whose}{ROUTES}{name}::{name}))\n{after}"))
}

/// With a row more in the sorted list of operations that a test compares, where there is one.
fn in_list(text: &str, row: &str) -> anyhow::Result<String> {
    let is_row = |line: &str| {
        line.starts_with("            \"") && line.contains(": ") && line.ends_with("\",\n")
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some(first) = lines.iter().position(|line| is_row(line)) else {
        return Ok(text.to_owned());
    };
    let rows = lines[first..].iter().take_while(|line| is_row(line));
    let rows: Vec<_> = rows
        .map(|line| line.trim().trim_matches(['"', ',']).to_owned())
        .collect();
    ensure!(
        rows.iter().any(|it| it.ends_with(" ●")),
        "its tests know no operation for whoever is signed in; write one after those beside it"
    );
    let at = first + rows.iter().filter(|it| it.as_str() < row).count();
    Ok(lines[..at].concat() + &format!("            \"{row}\",\n") + &lines[at..].concat())
}

/// With a row behind the last of the public operations.
fn in_readme(text: &str, row: &str) -> anyhow::Result<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_row = |line: &&str| {
        let mut methods = ["GET /v", "POST /v", "PUT /v", "PATCH /v", "DELETE /v"].iter();
        methods.any(|it| line.starts_with(&format!("| `{it}")))
    };
    let last = lines.iter().rposition(is_row);
    let at = last.context("there is no table of operations")? + 1;
    Ok(lines[..at].concat() + row + &lines[at..].concat())
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

fn test(name: &str, path: &str, opening: &Opening) -> String {
    let Opening { import, open } = opening;
    format!(
        r#"//! `POST {path}`.

use http::Method;
use uuid::Uuid;

use {import};

#[tokio::test]
async fn {name}_is_for_who_is_signed_in() {{
    let app = {open};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::root;

    fn refused(service: &str, name: &str) -> String {
        let refused = operation(&Tree::at(root()), service, name);
        format!("{:#}", refused.err().unwrap())
    }

    #[test]
    fn what_cannot_be_one_is_refused_in_a_sentence() {
        for (service, name, words) in [
            (
                "gardens",
                "find_gate",
                "there is no services/gardens/src/routes.rs",
            ),
            (
                "../xtask",
                "find_gate",
                "there is no services/../xtask/src/routes.rs",
            ),
            ("users", "look", "a verb and a noun"),
            ("users", "Look_up", "small letters"),
            ("users", "look__up", "small letters"),
            ("users", "get_me", "there is get_me already"),
            ("users", "list_products", "another service"),
        ] {
            let told = refused(service, name);
            assert!(told.contains(words), "{service} {name}: {told}");
        }
        // A fork may be without these.
        for (service, words) in [
            ("payments", "the edge asks it nothing"),
            ("reports", "for whoever is signed in"),
        ] {
            if Tree::at(root()).has(&format!("services/{service}")) {
                let told = refused(service, "look_up");
                assert!(told.contains(words), "{service}: {told}");
            }
        }
    }

    #[test]
    fn services_that_grew_say_how_their_tests_open_them() {
        let tree = Tree::at(root());
        for (service, import, open) in [
            ("users", "crate::app::TestApp", "TestApp::new().await"),
            ("orders", "crate::app::TestApp", "TestApp::new()"),
            ("catalog", "crate::shop::Shop", "Shop::empty().await"),
        ] {
            let folder = format!("services/{service}");
            if !tree.has(&folder) {
                continue;
            }
            let found = opening(&tree, &folder).unwrap();
            assert_eq!((&*found.import, &*found.open), (import, open), "{service}");
        }
    }

    #[test]
    fn a_row_comes_behind_the_last_and_says_whose_it_is_once() {
        let text = "        .routes(routes!(a::a))\n        .routes(routes!(\n            b::b,\n            c::c\n        ))\n}\n";

        let one = routed(text, "look_up").unwrap();
        let two = routed(&one, "look_out").unwrap();

        let whose =
            "        // Whoever is signed in.\n        .routes(routes!(look_up::look_up))\n";
        let one_more = "        .routes(routes!(look_out::look_out))\n";
        let expected = text.replace("        ))\n", &format!("        ))\n{whose}{one_more}"));
        assert_eq!(two, expected);
    }

    #[test]
    fn a_list_stays_sorted() {
        let text = "[\n            \"a: GET /a ●\",\n            \"c: GET /c\",\n]\n";

        let more = in_list(text, "b: POST /b ●").unwrap();

        assert_eq!(
            more,
            text.replace(
                "            \"c",
                "            \"b: POST /b ●\",\n            \"c"
            )
        );
        assert_eq!(in_list("none", "b: POST /b ●").unwrap(), "none");
    }
}
