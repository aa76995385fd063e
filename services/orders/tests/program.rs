//! The program as it is shipped: started from its settings, stopped.

use testkit::program::Program;

#[tokio::test]
async fn it_starts_from_its_settings_and_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("orders.db").display());
    let key = "an-invoke-key-for-tests-alone-01";
    let settings = [
        ("STORE", store.as_str()),
        ("INVOKE_KEYS", key),
        // Neighbours that are not there yet do not keep it from starting.
        ("CATALOG__URL", "http://127.0.0.1:9,http://127.0.0.2:9"),
        ("CATALOG__INVOKE_KEY", key),
        ("PAYMENTS__INVOKE_KEY", key),
        ("USERS__INVOKE_KEY", key),
    ];

    let orders = Program::start(env!("CARGO_BIN_EXE_orders"), "orders", &settings);

    orders.lives_as_programs_do().await;
}
