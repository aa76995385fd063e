//! The program as it is shipped: started from its settings, stopped.

use testkit::program::Program;

#[tokio::test]
async fn it_starts_from_its_settings_and_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("200.html"), "a shop").unwrap();
    let root = folder.path().to_str().unwrap();

    let site = Program::start(env!("CARGO_BIN_EXE_site"), "site", &[("ROOT", root)]);

    site.lives_as_programs_do().await;
}
