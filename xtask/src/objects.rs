//! `cargo xtask test s3` and `events-aws`: pictures in a bucket of versitygw, a server of S3 that checks signatures, and
//! events by SNS and SQS on ministack. The tests are those of the other adapters.

use std::{fs, process::Stdio};

use anyhow::ensure;

use crate::{
    cognito::Emulator,
    needs,
    run::{cargo, command, output, root, run},
    shop::free_ports,
};

const BUCKET: &str = "garden";
const KEY: &str = "test";
const SECRET: &str = "a-secret-for-tests";

/// Pictures: everything that the catalog's tests say of them, and browsers' uploads.
pub(crate) fn s3() -> anyhow::Result<()> {
    const FEATURE: &str = "catalog/s3,reports/s3";
    one_crypto_provider("catalog", "s3")?;
    one_crypto_provider("reports", "s3")?;
    lint(FEATURE)?;
    let program = needs::versitygw()?;
    let folder = root().join("target/s3");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let (objects, notes) = (folder.join("objects"), folder.join("notes"));
    fs::create_dir_all(objects.join(BUCKET))?;
    fs::create_dir(&notes)?;
    let [port] = free_ports()?;
    let process = command(&program.to_string_lossy(), &["--health", "/health"])
        .args(["--port", &format!("127.0.0.1:{port}"), "posix", "--sidecar"])
        .args([&notes, &objects])
        .env("ROOT_ACCESS_KEY", KEY)
        .env("ROOT_SECRET_KEY", SECRET)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let server = Emulator::ready(process, port, "/health")?;
    for (tests, filter) in [
        (&["--lib"][..], "images"),
        (&["--lib"], "files::contract"),
        (&["--test", "api"], "image"),
    ] {
        let mut tests = test(FEATURE, tests);
        // Of a folder.
        tests.args([filter, "--skip", "leaves_no_file"]);
        run(tests
            .env("TERRACE_TEST_S3", &server.url)
            .env("TERRACE_TEST_S3_FOLDER", &objects)
            .env("AWS_ENDPOINT_URL", &server.url)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("AWS_EC2_METADATA_DISABLED", "true"))?;
    }
    Ok(())
}

/// Events: what every source of them guarantees, and a bucket that tells of pictures.
pub(crate) fn events() -> anyhow::Result<()> {
    const FEATURES: &str = "catalog/aws-events,catalog/s3,orders/aws-events,users/aws-events,\
        notices/aws-events,kit/aws-events,testkit/aws";
    one_crypto_provider("kit", "aws-events")?;
    lint(FEATURES)?;
    let emulator = Emulator::start(&needs::python::ministack()?)?;
    for (tests, filter) in [
        (&["--lib"][..], "events"),
        (&["--test", "source"], ""),
        (&["--test", "api"], "a_queue_that_the_bucket_tells"),
    ] {
        run(test(FEATURES, tests)
            .arg(filter)
            .env("AWS_ENDPOINT_URL", &emulator.url)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true"))?;
    }
    Ok(())
}

fn test(features: &str, tests: &[&str]) -> std::process::Command {
    let mut test = cargo(&["test", "--quiet", "--workspace", "--features", features]);
    test.args(tests).arg("--");
    test
}

fn lint(features: &str) -> anyhow::Result<()> {
    let lint = ["clippy", "--quiet", "--workspace", "--features", features];
    let strictly = ["--all-targets", "--", "--deny", "warnings"];
    run(cargo(&lint).args(strictly))
}

/// What a feature adds brings no other cryptography along.
fn one_crypto_provider(package: &str, feature: &str) -> anyhow::Result<()> {
    let tree = ["tree", "--package", package, "--features", feature];
    let tree = output(cargo(&tree).args(["--edges", "normal", "--prefix", "none"]))?;
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
