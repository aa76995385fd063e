//! The program as it is shipped: started from its settings, filled, stopped.

use testkit::program::Program;

#[tokio::test]
async fn it_starts_from_its_settings_and_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (store, images) = (format!("sqlite:{}", path("catalog.db")), path("images"));
    let settings = [
        ("STORE", store.as_str()),
        ("IMAGES", &images),
        (
            "INVOKE_KEYS",
            "an-invoke-key-for-tests-alone-01,another-key-for-tests-alone-0002",
        ),
    ];

    let catalog = Program::start(env!("CARGO_BIN_EXE_catalog"), "catalog", &settings);

    catalog.lives_as_programs_do().await;
    let pictures = std::fs::read_dir(images).unwrap().count();
    assert!(pictures > 0, "the empty catalog was filled");
}

#[tokio::test]
async fn it_stays_empty_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (store, images) = (format!("sqlite:{}", path("catalog.db")), path("images"));
    let settings = [
        ("STORE", store.as_str()),
        ("IMAGES", &images),
        ("INVOKE_KEYS", "an-invoke-key-for-tests-alone-01"),
        ("SEED", "off"),
    ];

    let mut catalog = Program::start(env!("CARGO_BIN_EXE_catalog"), "catalog", &settings);
    catalog.ready().await;

    assert_eq!(std::fs::read_dir(images).unwrap().count(), 0);
}
