//! `cargo xtask test cognito`: the tests of users with the people in a pool of Cognito, on an emulator that it starts.

use std::{
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};

use crate::{
    http, needs,
    run::{cargo, output, root, run, succeeds},
    shop::free_ports,
    up::attached,
};

/// How long the emulator may take to start.
const START: Duration = Duration::from_secs(60);

/// What is the same wherever people are.
const SAME: [&str; 10] = [
    "add_address",
    "change_me",
    "cognito",
    "delete_address",
    "get_me",
    "get_user_address",
    "list_addresses",
    "refresh_session",
    "replace_address",
    "sign_",
];

/// What is about our own accounts, as docs/identity.md says: cookies that rotate, rows of sessions, hashed
/// passwords, older rules, seeding, step up; and what the emulator cannot do.
const OWN: [&str; 14] = [
    "a_customer_gets_tokens_and_a_cookie_that_scripts_cannot_read",
    "a_password_and_an_address_may_be_typed_on_any_keyboard",
    "a_seeded_account_is_made_once_and_keeps_its_password",
    "an_account_of_older_rules_goes_on_to_sign_in",
    "an_expired_session_has_ended_and_is_forgotten",
    "an_old_cookie_ends_the_session_with_all_its_cookies_which_is_counted",
    "an_old_cookie_leaves_the_other_sessions_alone",
    "an_unknown_address_costs_as_much_work_as_a_known_one",
    // The emulator takes two of them.
    "of_many_at_once_with_one_address_one_gets_the_account",
    "the_cookie_becomes_new_tokens_and_a_new_cookie",
    "the_owner_of_a_session_is_told_of_an_old_cookie_by_a_sealed_letter",
    "step_up::",
    // Providers of our own choice stand beside accounts of our own.
    "provider_faults::",
    "providers::",
];

/// One, until it is dropped.
pub(crate) struct Emulator {
    process: Child,
    pub(crate) url: String,
}

pub(crate) fn test() -> anyhow::Result<()> {
    one_crypto_provider("users", "cognito")?;
    let emulator = Emulator::start(&needs::python::ministack()?)?;
    let features = ["--workspace", "--features", "users/cognito"];
    run(cargo(&["clippy", "--quiet"]).args(features).args([
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))?;
    run(cargo(&["test", "--quiet"])
        .args(features)
        .args(["--lib", "--", "directory"]))?;
    let mut tests = cargo(&["test", "--quiet"]);
    tests.args(features).args(["--test", "api", "--"]);
    // Those of other services with such names pass too.
    tests.args(SAME);
    // The emulator answers one after the other.
    tests.args(["--test-threads", "2"]);
    for own in OWN {
        tests.args(["--skip", own]);
    }
    run(tests
        .env("TERRACE_TEST_COGNITO", &emulator.url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_EC2_METADATA_DISABLED", "true"))
}

/// What a feature of this package adds brings no other cryptography along.
pub(crate) fn one_crypto_provider(package: &str, feature: &str) -> anyhow::Result<()> {
    let tree = [
        "tree",
        "--package",
        package,
        "--features",
        feature,
        "--edges",
        "normal",
        "--prefix",
        "none",
    ];
    let tree = output(&mut cargo(&tree))?;
    for banned in [
        "ring v",
        "openssl v",
        "openssl-sys v",
        "native-tls v",
        "rsa v",
    ] {
        let found = tree.lines().find(|line| line.starts_with(banned));
        ensure!(found.is_none(), "the feature {feature} brings {found:?}");
    }
    Ok(())
}

impl Emulator {
    /// ministack, of this Python.
    pub(crate) fn start(python: &Path) -> anyhow::Result<Self> {
        let [port] = free_ports()?;
        let process = attached(&python.to_string_lossy(), "TERM")
            .args(["-m", "ministack"])
            .current_dir(root())
            // Its functions are processes of its group, and end with it.
            .process_group(0)
            // It checks signatures and codes then.
            .env("AUTH", "true")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("IOT_MTLS_ENABLED", "0")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Self::ready(process, port, "/_ministack/health")
    }

    /// This process, once it answers at this path.
    pub(crate) fn ready(process: Child, port: u16, path: &str) -> anyhow::Result<Self> {
        let mut emulator = Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
        };
        let started = Instant::now();
        while http::get(port, path).is_err() {
            if started.elapsed() > START || emulator.process.try_wait()?.is_some() {
                bail!("the emulator does not start");
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(emulator)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        succeeds(Command::new("kill").args(["-KILL", "--", &group]));
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
