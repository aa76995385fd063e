//! The server that tests run on.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use testkit::postgres::{Server, Sync};

const KILLED: &str = "a_server_ends_with_a_process_that_is_killed";

#[test]
fn a_server_ends_with_a_process_that_is_killed() {
    if std::env::var_os("TERRACE_TEST_KILLED").is_some() {
        let _server = Server::start(Sync::Off);
        println!("\nstarted");
        loop {
            thread::park();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    // The server's own user walks through it.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut tests = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", KILLED, "--nocapture"])
        .env("TERRACE_TEST_KILLED", "yes")
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tests.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "started"));
    let server = fs::read_dir(folder.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let state = fs::read_to_string(server.path().join("data/postmaster.pid")).unwrap();
    let process = format!("/proc/{}", state.lines().next().unwrap());

    tests.kill().unwrap();
    tests.wait().unwrap();

    // It cleans up last, once the server has ended; the test ends when that has happened.
    while fs::read_dir(folder.path()).unwrap().next().is_some() {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(!fs::exists(process).unwrap());
}
