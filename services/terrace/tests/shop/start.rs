//! How the program starts, refuses to, and stops.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
};

use axum::http::Method;
use client::Upstream;
use testkit::service::Client;

use crate::process::{Process, free_ports, terrace, terrace_at};

fn run(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = terrace(data, free_ports());
    command.args(arguments).envs(variables.iter().copied());
    command.output().unwrap()
}

/// The one sentence with which the program refuses to start.
#[track_caller]
fn refusal(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.trim().lines().count(), 1, "{text}");
    assert!(output.stdout.is_empty(), "it opened");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn it_opens_closes_calmly_and_opens_again_with_what_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let ports = free_ports();
    let mut shop = Process::start(folder.path(), ports);
    shop.wait().await;
    let rose = shop.visitor().sign_up("rose").await;

    let code = shop.interrupt();

    assert_eq!(code, Some(0));
    let mut shop = Process::start(folder.path(), ports);
    shop.wait().await;
    let again = shop.visitor().with_token(rose.token.as_deref().unwrap());
    again.call(Method::GET, "/v1/me", None).await.ok(200);
    assert_eq!(shop.interrupt(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_one_on_the_same_data_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut shop = Process::start(folder.path(), free_ports());
    shop.wait().await;

    let second = run(folder.path(), &[], &[]);

    assert!(refusal(&second).contains("in use by another Terrace"));
    shop.kill();
}

#[test]
fn a_port_that_is_taken_is_named_with_the_flag_that_changes_it() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().port();

    for (at, flag) in ["--edge-port", "--site-port", "--admin-port"]
        .iter()
        .enumerate()
    {
        let mut ports = free_ports();
        ports[at] = taken;
        let output = terrace(folder.path(), ports).output().unwrap();

        let text = refusal(&output);
        assert!(
            text.contains(&taken.to_string()) && text.contains(flag),
            "{text}"
        );
    }
}

/// `script` opens a terminal; that of Linux takes a command so.
#[cfg(target_os = "linux")]
#[test]
fn whoever_typed_cargo_run_is_shown_what_the_machine_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut ports = free_ports();
    ports[0] = taken.local_addr().unwrap().port();
    let start = terrace(folder.path(), ports);
    let words = std::iter::once(start.get_program()).chain(start.get_args());
    let words: Vec<_> = words.map(|word| word.to_str().unwrap()).collect();
    let shown = |cargo: Option<&str>| {
        let mut script = Command::new("script");
        script.args(["--quiet", "--command", &words.join(" "), "/dev/null"]);
        script.env_remove("CARGO").stdin(Stdio::null());
        let output = script.envs(cargo.map(|it| ("CARGO", it))).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };

    // In place of Cargo, what repeats how it is called.
    let by_cargo = shown(Some("echo"));
    let by_itself = shown(None);

    assert!(by_cargo.contains("cannot be had"), "{by_cargo}");
    assert!(by_cargo.ends_with("xtask doctor\r\n"), "{by_cargo}");
    assert_eq!(by_itself.lines().count(), 1, "{by_itself}");
}

#[test]
fn settings_and_folders_that_cannot_be_used_are_refused_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let settings = folder.path().join("settings.toml");
    std::fs::write(&settings, "[edge]\nprot = 1\n").unwrap();
    let settings = settings.to_str().unwrap();
    let plans = folder.path().join("plans.toml");
    let plan = "[edge.plans.partners]\ngroups = ['partner']\nrate_per_s = 0\nburst = 1\n";
    std::fs::write(&plans, plan).unwrap();
    let plans = plans.to_str().unwrap();

    let notices_by = ("TERRACE_MAIL__URL", "ftp://host");
    for (arguments, variables, named) in [
        (vec![], vec![("TERRACE_LOG__LEVEL", "loud")], "loud"),
        (
            vec![],
            vec![("TERRACE_EDGE__THROTTLE", "maybe")],
            "throttle",
        ),
        (vec![], vec![("TERRACE_SITE__PORT", "many")], "site.port"),
        (vec![], vec![("TERRACE_SITE__PORT", "0")], "site.port"),
        (vec![], vec![("TERRACE_OTLP_RATIO", "2")], "otlp_ratio"),
        (vec![], vec![("TERRACE_OTLP_RATIO", "NaN")], "otlp_ratio"),
        (vec![], vec![("TERRACE_EDGE__PROT", "1")], "prot"),
        (
            vec![],
            vec![("TERRACE_OTLP", "collector:4318")],
            "http://<host>:<port>",
        ),
        (vec![], vec![notices_by], "smtp://"),
        (vec!["--config", settings], vec![], "prot"),
        (vec!["--config", plans], vec![], "plans.partners"),
        (vec!["--config", "/nowhere.toml"], vec![], "nowhere.toml"),
    ] {
        let text = refusal(&run(folder.path(), &arguments, &variables));
        assert!(text.contains(named), "{text}");
    }
    let text = refusal(&run(&file, &[], &[]));
    assert!(text.contains("file"), "{text}");
}

#[test]
fn wrong_usage_is_told_from_the_rest_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();

    let output = run(folder.path(), &["--nonsense"], &[]);
    let help = run(folder.path(), &["--help"], &[]);

    assert_eq!(output.status.code(), Some(2));
    assert_eq!(help.status.code(), Some(0));
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for setting in kit::config::settings::<terrace::config::Config>(terrace::config::PREFIX) {
        assert!(help.contains(&setting.variable), "{}", setting.variable);
    }
}

#[test]
fn nobody_has_to_read_what_it_prints() {
    let folder = tempfile::tempdir().unwrap();
    let mut shop = terrace(folder.path(), free_ports());
    shop.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shop = shop.spawn().unwrap();
    // As `terrace | head -8`: the reader has what it wants, and is gone.
    let mut screen = BufReader::new(shop.stdout.take().unwrap()).lines();
    assert!(screen.any(|line| line.unwrap().contains("Terrace is open")));
    drop(screen);

    let interrupt = Command::new("kill")
        .args(["-INT", &shop.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());

    let ended = shop.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_that_was_renamed_after_the_build_still_opens() {
    let folder = tempfile::tempdir().unwrap();
    let (built, renamed) = (folder.path().join("first"), folder.path().join("second"));
    let program = Path::new(env!("CARGO_BIN_EXE_terrace"));
    fs::create_dir_all(built.join("target/debug")).unwrap();
    fs::create_dir_all(built.join("web/build")).unwrap();
    fs::copy(program, built.join("target/debug/terrace")).unwrap();
    fs::write(built.join("web/package.json"), "{}").unwrap();
    fs::write(built.join("web/build/200.html"), "the pages of this tree").unwrap();
    fs::rename(&built, &renamed).unwrap();
    let ports = free_ports();

    let mut shop = terrace_at(
        &renamed.join("target/debug/terrace"),
        &renamed.join("data"),
        ports,
    );
    // The pages are those of the tree; nothing is to be built anew.
    shop.env_remove("TERRACE_SITE__ROOT")
        .env("PATH", "")
        .current_dir("/");
    let mut shop = Process::run(&mut shop, ports);
    shop.wait().await;
    let site: Upstream = Upstream::http(format!("http://127.0.0.1:{}", ports[1]).parse().unwrap());
    let page = Client::outside(site).get("/").await;

    assert_eq!(page.text(), "the pages of this tree");
    shop.kill();
    // And what is brought along is in the program itself: it knows no folder of it.
    let bytes = fs::read(program).unwrap();
    let seed = b"services/catalog/seed";
    assert!(!bytes.windows(seed.len()).any(|it| it == seed));
}
