//! `cargo xtask test aws-lint`: the templates, by linters and by our own evaluator of policies. `aws-api` and `aws-mock`: the documents for API Gateway, validated, and served by emulators that
//! these parts start. docs/aws.md says what each of them can show.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use super::{files, settings::Settings, shop::Shop};
use crate::{
    cognito::Emulator,
    needs,
    run::{command, root, run},
    shop::free_ports,
};

/// A plan, of which the settings have none. Its burst ends soon.
pub(super) const PLAN: &str = r#"
[plans.partner]
groups = ["customer"]
rate_per_s = 1
burst = 5
per_day = 1000
"#;

/// The templates: their form, what is open or not encrypted in them, what their roles may do, that their alarms are the alerts, and what they cost.
pub(crate) fn lint() -> anyhow::Result<()> {
    super::write(true)?;
    let programs = needs::python::aws_lint()?;
    let program = |name: &str| programs.join(name).display().to_string();
    expand()?;
    python(&["xtask/aws/alarms.py"])?;
    python(&["xtask/aws/cost.py", "--check"])?;
    run(&mut command(
        &program("cfn-lint"),
        &["--config-file", "xtask/aws/cfnlint.yaml"],
    ))?;
    super::roles::write(true)?;
    run(&mut command(
        &program("checkov"),
        &["--config-file", "xtask/aws/checkov.yaml"],
    ))
}

/// The templates as plain JSON, into `target/aws`.
pub(super) fn expand() -> anyhow::Result<()> {
    python(&["xtask/aws/expand.py", "aws", "target/aws/templates"])
}

/// What the templates say of roles and costs, written anew.
pub(crate) fn write_tables() -> anyhow::Result<()> {
    expand()?;
    super::roles::write(false)?;
    python(&["xtask/aws/cost.py", "--quiet"])
}

/// A script that reads the templates.
pub(super) fn python(arguments: &[&str]) -> anyhow::Result<()> {
    let python = needs::python::aws_tables()?.join("python");
    run(command(&python.to_string_lossy(), arguments).env("PYTHONDONTWRITEBYTECODE", "1"))
}

/// By a validator of OpenAPI 3.0, and on ministack: functions, authorisers, policies, plans.
pub(crate) fn api() -> anyhow::Result<()> {
    super::write(true)?;
    write_with_a_plan()?;
    let python = needs::python::api_gateway()?;
    let emulator = Emulator::start(&python)?;
    let tests = ["xtask/aws/test_documents.py", "xtask/aws/test_ministack.py"];
    run(&mut pytest(&python, &emulator, &tests))
}

/// What the settings would make with a plan, into `target/aws`.
fn write_with_a_plan() -> anyhow::Result<()> {
    for (name, content) in files(&Shop::read()?, &Settings::read_with(PLAN)?)? {
        let path = root().join("target").join(name);
        fs::create_dir_all(path.parent().unwrap_or(root()))?;
        fs::write(path, content.to_string())?;
    }
    Ok(())
}

/// On localemu: models, validators, mock integrations.
pub(crate) fn mock() -> anyhow::Result<()> {
    super::write(true)?;
    let programs = needs::python::localemu()?;
    let [port] = free_ports()?;
    let program = programs.join("localemu");
    let process = command(
        &program.to_string_lossy(),
        &["start", "--host", "127.0.0.1"],
    )
    .args(["--port", &port.to_string()])
    .env("DNS_ADDRESS", "0")
    .env("GATEWAY_LISTEN", format!("127.0.0.1:{port}"))
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()?;
    let emulator = Emulator::ready(process, port, "/_localemu/health")?;
    let python = programs.join("python");
    run(&mut pytest(
        &python,
        &emulator,
        &["xtask/aws/test_localemu.py"],
    ))
}

/// These tests, which find the emulator and its account in their environment.
pub(super) fn pytest(python: &Path, emulator: &Emulator, tests: &[&str]) -> Command {
    let options = ["-m", "pytest", "--quiet", "-p", "no:cacheprovider"];
    let mut pytest = command(&python.to_string_lossy(), &options);
    pytest
        .args(tests)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AWS_ENDPOINT_URL", &emulator.url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    pytest
}
