//! The program as it is shipped: started from its settings, stopped.

use testkit::program::Program;

#[tokio::test]
async fn it_starts_from_its_settings_and_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("nursery.db").display());
    let settings = [
        ("STORE", store.as_str()),
        ("INVOKE_KEYS", "an-invoke-key-for-tests-alone-01"),
    ];

    let program = Program::start(env!("CARGO_BIN_EXE_nursery"), "nursery", &settings);

    program.lives_as_programs_do().await;
}
