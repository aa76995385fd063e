//! What the edge learns of reports.

use serde_json::json;

#[test]
fn the_public_operations_are_these_and_all_but_one_are_for_the_staff() {
    let document = serde_json::to_value(reports::openapi()).unwrap();
    let readme = include_str!("../../README.md");
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let (security, mark) = match id {
                "record_clicks" => (json!(null), ""),
                _ => (json!([{ "bearer": ["staff"] }]), " ★"),
            };
            assert_eq!(operation["security"], security);
            let row = format!("`{} {path}`{mark} |", method.to_uppercase());
            assert!(readme.contains(&row), "{row}");
            found.push(format!("{id}: {} {path}", method.to_uppercase()));
        }
    }
    found.sort();

    assert_eq!(
        found,
        [
            "get_summary: GET /v1/reports/summary",
            "list_outcomes: GET /v1/reports/outcomes",
            "list_queries: GET /v1/reports/queries",
            "list_sales: GET /v1/reports/sales",
            "record_clicks: POST /v1/clicks",
            "run_query: POST /v1/reports/queries",
        ]
    );
}
