use std::collections::BTreeMap;

use super::*;
use lint::Rule;

fn page() -> String {
    fs::read_to_string(root().join("docs/aws.md")).expect("it is there")
}

#[test]
fn the_page_tells_of_each_operation_that_is_left_out_and_why() {
    let shop = Shop::read().expect("a shop");
    let mut by_reason = BTreeMap::<_, Vec<String>>::new();
    // Of a service that the template does not have the page tells as of a whole.
    let told = shop.left_out.into_iter();
    for it in told.filter(|it| it.why != shop::NO_FUNCTION) {
        by_reason
            .entry(it.why)
            .or_default()
            .push(format!("`{}`", it.id));
    }
    let page = page();
    for (why, operations) in by_reason {
        let row = format!("| {} | {why} |", operations.join(", "));
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn the_page_tells_of_each_rule_with_its_source() {
    let page = page();
    for rule in Rule::ALL {
        let (source, sentence) = (rule.source(), rule.sentence());
        let title = source.rsplit('/').next().unwrap_or_default();
        let title = title.split(['.', '#']).next().unwrap_or_default();
        let row = format!("| {sentence} | [{title}]({source}) |");
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn the_same_documents_make_the_same_files() {
    let (shop, settings) = (
        Shop::read().expect("a shop"),
        Settings::read().expect("settings"),
    );

    let [first, second] = [(), ()].map(|()| files(&shop, &settings).expect("files"));

    assert_eq!(first, second);
    assert_eq!(first.len(), 9);
}

#[test]
fn what_api_gateway_would_refuse_is_not_written() {
    let mut shop = Shop::read().expect("a shop");
    shop.served[0].path = "/v1/docs/".to_owned();

    let told = files(&shop, &Settings::read().expect("settings")).expect_err("a bad path");

    let told = told.to_string();
    assert!(told.contains("/v1/docs/: a part of a path has"), "{told}");
    assert!(told.contains("api-gateway-known-issues.html"), "{told}");
}

#[test]
fn an_operation_is_left_out_by_what_its_document_says() {
    let shop = |edge: serde_json::Value| {
        let described = |id: &str| serde_json::json!({ "operationId": id, "x-edge": edge });
        let other = serde_json::json!({ "operationId": "other" });
        let document =
            serde_json::json!({ "paths": { "/a": { "get": described("a"), "put": other } } });
        let services = [(shop::By::Function("OrdersFunction"), document.clone())];
        Shop::new(document, &services).expect("a shop").left_out
    };
    let whole = 6 * 1024 * 1024 / 4 * 3;

    assert_eq!(shop(serde_json::json!({ "body_limit": whole })), []);
    assert!(
        shop(serde_json::json!({ "body_limit": whole + 1 }))[0]
            .why
            .contains("6 MB")
    );
    assert!(
        shop(serde_json::json!({ "stream": true }))[0]
            .why
            .contains("29 s")
    );
}

#[test]
fn an_operation_that_is_no_services_is_told_of() {
    let document = serde_json::json!({ "paths": { "/a": { "get": { "operationId": "a" } } } });

    let told = Shop::new(document, &[]).err().expect("nobody answers it");

    assert!(told.to_string().contains("a is no service's"), "{told}");
}

#[test]
fn roles_have_the_settings_that_programs_tell_the_server() {
    let read = |file: &str| fs::read_to_string(root().join(file)).expect(file);
    let given = read("xtask/aws/stack.py");
    let kit = read("shared/kit/src/store/postgres.rs");
    let (_, kit) = kit.split_once("const SESSION").expect("they are there");
    let (kit, _) = kit.split_once("/// A PostgreSQL").expect("they end");
    let mut told: Vec<_> = kit.split("(\"").skip(1).collect();
    let stores = ["catalog", "orders"]
        .map(|service| read(&format!("services/{service}/src/store/postgres.rs")));
    for store in &stores {
        told.extend(store.split("with_setting(\"").skip(1));
    }

    assert_eq!(told.len(), 8);
    for setting in told {
        let (name, rest) = setting.split_once("\", \"").expect("a value");
        let (value, _) = rest.split_once('"').expect("it ends");
        assert!(
            given.contains(&format!("\"{name}\": \"{value}\"")),
            "{name}"
        );
    }
}
