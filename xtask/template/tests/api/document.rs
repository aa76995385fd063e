//! What the edge learns of nursery.

use serde_json::json;
use testkit::authority::check_authority;

use crate::TestApp;

#[tokio::test]
async fn the_public_operations_are_those_of_the_readme_and_ask_for_whom_it_says() {
    let document = serde_json::to_value(nursery::openapi()).unwrap();
    let readme = include_str!("../../README.md");
    let mut count = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let whom = match &operation["security"] {
                it if *it == json!([{ "bearer": ["staff"] }]) => " ★",
                it if *it == json!([{ "bearer": [] }]) => " ●",
                _ => "",
            };
            let row = format!("| `{} {path}`{whom} |", method.to_uppercase());
            assert!(readme.contains(&row), "{row}");
            count += 1;
        }
    }
    let app = TestApp::new().await;

    assert_eq!(check_authority(&document, &app.service).await, count);
}
