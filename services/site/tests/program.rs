//! The program as it is shipped: started from its settings, stopped.

use std::{net::TcpListener, time::Duration};

use tempfile::TempDir;
use testkit::{pebble, program::Program, tls};

/// A folder with a page.
fn pages() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("200.html");
    std::fs::write(page, "a shop").expect("the folder is ours");
    folder
}

#[tokio::test]
async fn it_starts_from_its_settings_and_stops_when_told_to() {
    let folder = pages();
    let root = folder.path().to_str().unwrap();

    let site = Program::start(env!("CARGO_BIN_EXE_site"), "site", &[("ROOT", root)]);

    site.lives_as_programs_do().await;
}

#[tokio::test]
async fn it_gets_its_certificate_by_acme_where_its_settings_say_so() {
    let (folder, kept) = (pages(), tempfile::tempdir().unwrap());
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let redirect = free.local_addr().unwrap();
    drop(free);
    let pebble = pebble::Server::start(redirect.port(), 3600);
    let authority = pebble.authority().await;

    let (at, directory, root) = (redirect.to_string(), pebble.directory(), pebble.root());
    let settings = [
        ("ROOT", folder.path().to_str().unwrap()),
        ("REDIRECT_LISTEN", &at),
        ("ACME__DIRECTORY", &directory),
        ("ACME__DOMAINS", "localhost"),
        ("ACME__FOLDER", kept.path().to_str().unwrap()),
        ("ACME__ROOT", root.to_str().unwrap()),
    ];
    let site = Program::start(env!("CARGO_BIN_EXE_site"), "site", &settings);

    while tls::connect(site.address(), &authority, &["h2"])
        .await
        .is_err()
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
