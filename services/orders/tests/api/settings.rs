use std::process::Command;

#[test]
fn the_readme_lists_every_operation() {
    let readme = include_str!("../../README.md");

    let document = serde_json::to_value(orders::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let operation = format!("`{} {path}`", method.to_uppercase());
            assert!(readme.contains(&operation), "missing: {operation}");
        }
    }
}

#[test]
fn the_program_refuses_what_it_cannot_use_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let key = "an-invoke-key-for-tests-alone-01";
    let keys = [
        ("ORDERS__CATALOG__INVOKE_KEY", key),
        ("ORDERS__PAYMENTS__INVOKE_KEY", key),
        ("ORDERS__USERS__INVOKE_KEY", key),
    ];

    for (name, value, named) in [
        ("ORDERS__LISTEN", "nowhere", "listen"),
        ("ORDERS__PORT", "1", "port"),
        ("ORDERS__STORE", "mysql://orders", "sqlite:<path>"),
        (
            "ORDERS__STORE",
            "sqlite:missing/orders.db",
            "missing/orders.db",
        ),
        ("ORDERS__CARTS", "redis:carts", "dynamodb:<table>"),
        #[cfg(not(feature = "dynamodb"))]
        ("ORDERS__CARTS", "dynamodb:carts", "the feature dynamodb"),
        ("ORDERS__CATALOG__URL", "nowhere", "catalog.url"),
        ("ORDERS__USERS__INVOKE_KEY", "short", "users.invoke_key"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_orders"))
            .current_dir(&folder)
            .env_clear()
            .env("ORDERS__STORE", "sqlite:orders.db")
            .envs(keys)
            .env(name, value)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.starts_with("orders: ") && said.contains(named),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
