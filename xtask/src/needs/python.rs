//! Programs that come as packages of Python: each in an environment of its own in `target/tools`, of the versions that are
//! known to work.

use std::{fs, path::PathBuf};

use anyhow::bail;

use super::{PYTHON, tools};
use crate::run::{command, output, root, run};

/// schemathesis, which fuzzes the public document; its path.
pub(crate) fn schemathesis() -> anyhow::Result<PathBuf> {
    Ok(environment("python", "schemathesis==4.32.5\n")?.join("schemathesis"))
}

/// What checks the manifests of Kubernetes; the path of a Python that has it.
pub(crate) fn kubernetes() -> anyhow::Result<PathBuf> {
    Ok(environment("kubernetes", include_str!("../../k8s/requirements.txt"))?.join("python"))
}

/// ministack, which has an evaluator of IAM's policies; the path of a Python that has it.
pub(crate) fn ministack() -> anyhow::Result<PathBuf> {
    Ok(environment("ministack", "ministack==1.5.33\n")?.join("python"))
}

/// sqlglot, which reads Redshift's SQL; the path of a Python that has it.
pub(crate) fn sqlglot() -> anyhow::Result<PathBuf> {
    Ok(environment("sqlglot", "sqlglot==30.30.0\n")?.join("python"))
}

/// osmem, which answers as OpenSearch does; its path.
pub(crate) fn osmem() -> anyhow::Result<String> {
    let python = environment("osmem", "osmem-server==0.1.6\n")?.join("python");
    let ask = [
        "-c",
        "import osmem_server; print(osmem_server.resolve_binary())",
    ];
    let path = output(&mut command(&python.to_string_lossy(), &ask))?;
    Ok(path.trim().to_owned())
}

/// datamodel-code-generator, which makes types of Python from documents; its path.
pub(crate) fn datamodel_codegen() -> anyhow::Result<PathBuf> {
    let programs = environment("sdk-types", "datamodel-code-generator==0.89.0\n")?;
    Ok(programs.join("datamodel-codegen"))
}

/// pytest, and nothing else; the path of a Python that has it.
pub(crate) fn pytest() -> anyhow::Result<PathBuf> {
    let requirements = include_str!("../../functions/requirements.txt");
    Ok(environment("pytest", requirements)?.join("python"))
}

/// What lints the templates of AWS; the folder of its programs.
pub(crate) fn aws_lint() -> anyhow::Result<PathBuf> {
    environment("aws-lint", include_str!("../../aws/lint.txt"))
}

/// What reads the templates; the folder of a Python that has it.
pub(crate) fn aws_tables() -> anyhow::Result<PathBuf> {
    environment("yaml", "PyYAML==6.0.4\n")
}

/// What checks the documents for API Gateway and deploys on AWS, and ministack; the path of a Python that has them.
pub(crate) fn api_gateway() -> anyhow::Result<PathBuf> {
    Ok(environment("aws", include_str!("../../aws/requirements.txt"))?.join("python"))
}

/// localemu, which has the models and mocks of API Gateway and runs on no older Python; the folder of its programs.
pub(crate) fn localemu() -> anyhow::Result<PathBuf> {
    let known = std::env::var("PYTHON313").unwrap_or_else(|_| "python3.13".to_owned());
    let version = command(&known, &["--version"]).output();
    let version = version.map(|told| String::from_utf8_lossy(&told.stdout).into_owned());
    if !version.is_ok_and(|version| version.starts_with("Python 3.13")) {
        bail!(
            "Python 3.13 with venv (or set PYTHON313 to its path) is needed and not installed; install it and \
             run this again"
        );
    }
    let packages = include_str!("../../aws/localemu.txt");
    environment_of(Some(&known), "localemu", packages)
}

/// aiosmtpd, a mail server; the path of a Python that has it.
pub(crate) fn mail_server() -> anyhow::Result<PathBuf> {
    let requirements = root().join("xtask/mail/requirements.txt");
    let requirements = fs::read_to_string(requirements)?;
    Ok(environment("mail", &requirements)?.join("python"))
}

/// An environment of its own with these packages; the folder of its programs.
pub(crate) fn environment(name: &str, requirements: &str) -> anyhow::Result<PathBuf> {
    environment_of(None, name, requirements)
}

/// The same of this Python; without one, of the machine's.
fn environment_of(python: Option<&str>, name: &str, requirements: &str) -> anyhow::Result<PathBuf> {
    let environment = tools().join(name);
    let programs = environment.join("bin");
    let installed = environment.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == requirements) {
        return Ok(programs);
    }
    let path = environment.to_string_lossy();
    let make = ["-m", "venv", &path];
    run(&mut match python {
        Some(python) => command(python, &make),
        None => PYTHON.get()?.command(&make),
    })?;
    let wanted = environment.join("wanted.txt");
    fs::write(&wanted, requirements)?;
    let pip = programs.join("pip");
    run(&mut command(
        &pip.to_string_lossy(),
        &[
            "install",
            "--quiet",
            "--requirement",
            &wanted.to_string_lossy(),
        ],
    ))?;
    fs::rename(wanted, installed)?;
    Ok(programs)
}
