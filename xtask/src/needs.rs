//! What the tests and benches need and a machine may lack. On Debian it is installed; elsewhere a sentence
//! says what to install. Nothing is skipped.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::run::{cargo, command, npm, output, root, run, succeeds};

/// Tools of our own, apart from the machine's.
fn tools() -> PathBuf {
    root().join("target/tools")
}

/// What the storefront's packages run on; `package.json` says it to npm.
pub(crate) const NODE: &str = "Node.js 20.19, 22.13, 24 or newer with npm";

/// Node.js with npm, and the storefront's packages.
pub(crate) fn node_packages() -> anyhow::Result<()> {
    if !succeeds(&mut npm(&["--version"])) {
        debian("nodejs npm", NODE)?;
    }
    let node = command("node", &["--version"]).output();
    let version = node.context("node cannot be started")?.stdout;
    let version = String::from_utf8_lossy(&version).trim().to_owned();
    if !is_new_enough(&version) {
        bail!("{NODE} is needed, and there is {version}: nodejs.org has it");
    }
    let installed = root()
        .join("web/node_modules/.package-lock.json")
        .metadata();
    let locked = root()
        .join("web/package-lock.json")
        .metadata()?
        .modified()?;
    if installed
        .and_then(|file| file.modified())
        .is_ok_and(|installed| installed >= locked)
    {
        return Ok(());
    }
    run(&mut npm(&["ci", "--no-audit", "--no-fund"]))
}

/// Whether this is one of [`NODE`]: `v<major>.<minor>.<patch>`.
pub(crate) fn is_new_enough(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split('.');
    let mut part = || parts.next().and_then(|part| part.parse::<u32>().ok());
    match (part(), part()) {
        (Some(20), Some(minor)) => minor >= 19,
        (Some(22), Some(minor)) => minor >= 13,
        (Some(major), Some(_)) => major >= 24,
        _ => false,
    }
}

/// A Chromium to drive; its path.
pub(crate) fn chromium() -> anyhow::Result<String> {
    let mut known = std::env::var("CHROMIUM").into_iter().collect::<Vec<_>>();
    known.extend(["chromium", "chromium-browser", "google-chrome"].map(str::to_owned));
    let found = |names: &[String]| {
        names
            .iter()
            .find(|name| succeeds(&mut command(name, &["--version"])))
            .cloned()
    };
    if let Some(name) = found(&known) {
        return path_of(&name);
    }
    debian("chromium", "Chromium (or set CHROMIUM to its path)")?;
    path_of("chromium")
}

/// A PostgreSQL server to run; the tests start it themselves.
pub(crate) fn postgres() -> anyhow::Result<()> {
    let known = "command -v postgres || ls /usr/lib/postgresql/*/bin/postgres";
    if std::env::var_os("TERRACE_TEST_POSTGRES").is_some()
        || succeeds(&mut command("sh", &["-c", known]))
    {
        return Ok(());
    }
    debian(
        "postgresql",
        "PostgreSQL 15 or newer (or set TERRACE_TEST_POSTGRES to the URL of a server)",
    )
}

/// One of PostgreSQL's programs, from the path or from where Debian keeps it.
pub(crate) fn postgres_program(name: &str) -> anyhow::Result<PathBuf> {
    let known = format!("command -v {name} || ls /usr/lib/postgresql/*/bin/{name}");
    let find = || command("sh", &["-c", &known]).output();
    if !find()?.status.success() {
        debian("postgresql", "PostgreSQL 15 or newer")?;
    }
    let found = find()?.stdout;
    let found = String::from_utf8_lossy(&found);
    let newest = found.lines().next_back();
    Ok(newest
        .with_context(|| format!("{name} is not found"))?
        .into())
}

/// Redis' server.
pub(crate) fn redis() -> anyhow::Result<PathBuf> {
    if !succeeds(&mut command("redis-server", &["--version"])) {
        debian("redis-server", "Redis 7 or newer")?;
    }
    Ok("redis-server".into())
}

/// cargo-deny, which checks licences, sources and banned crates.
pub(crate) fn cargo_deny() -> anyhow::Result<PathBuf> {
    let own = tools().join("bin/cargo-deny");
    if succeeds(&mut command("cargo-deny", &["--version"])) {
        return Ok("cargo-deny".into());
    }
    if !own.exists() {
        let root = tools();
        let root = root.to_string_lossy();
        run(&mut cargo(&[
            "install",
            "--quiet",
            "--locked",
            // It runs for a second; an optimised build of it would take minutes.
            "--debug",
            "cargo-deny@0.20.2",
            "--root",
            &root,
        ]))?;
    }
    Ok(own)
}

/// schemathesis, which fuzzes the public document; its path.
pub(crate) fn schemathesis() -> anyhow::Result<PathBuf> {
    Ok(python("python", "schemathesis==4.32.5\n")?.join("schemathesis"))
}

/// What checks the manifests of Kubernetes; the path of a Python that has it.
pub(crate) fn kubernetes() -> anyhow::Result<PathBuf> {
    Ok(python("kubernetes", include_str!("../k8s/requirements.txt"))?.join("python"))
}

/// Clients that sign requests as AWS does: the path of a Python that has botocore, and of a folder where Node.js
/// finds aws4fetch. curl is the machine's.
pub(crate) fn signing_clients() -> anyhow::Result<(PathBuf, PathBuf)> {
    program("curl")?;
    node_packages()?;
    let python = python("clients", include_str!("../clients/requirements.txt"))?.join("python");
    let folder = tools().join("aws4fetch");
    std::fs::create_dir_all(&folder)?;
    for file in ["package.json", "sign.mjs"] {
        std::fs::copy(root().join("xtask/clients").join(file), folder.join(file))?;
    }
    let install = [
        "install",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--loglevel=error",
    ];
    run(npm(&install).current_dir(&folder))?;
    Ok((python, folder))
}

/// ministack, which has an evaluator of IAM's policies; the path of a Python that has it.
pub(crate) fn ministack() -> anyhow::Result<PathBuf> {
    Ok(python("ministack", "ministack==1.5.33\n")?.join("python"))
}

/// sqlglot, which reads Redshift's SQL; the path of a Python that has it.
pub(crate) fn sqlglot() -> anyhow::Result<PathBuf> {
    Ok(python("sqlglot", "sqlglot==30.30.0\n")?.join("python"))
}

/// osmem, which answers as OpenSearch does; its path.
pub(crate) fn osmem() -> anyhow::Result<String> {
    let python = python("osmem", "osmem-server==0.1.6\n")?.join("python");
    let ask = [
        "-c",
        "import osmem_server; print(osmem_server.resolve_binary())",
    ];
    let path = output(&mut command(&python.to_string_lossy(), &ask))?;
    Ok(path.trim().to_owned())
}

/// The jars of OpenSearch, by Maven; the class path.
pub(crate) fn opensearch() -> anyhow::Result<String> {
    maven()?;
    let file = tools().join("opensearch.classpath");
    let pom = root().join("xtask/aws/opensearch/pom.xml");
    let goal = "org.apache.maven.plugins:maven-dependency-plugin:2.8:build-classpath";
    run(command("mvn", &["--quiet", "--batch-mode", "--file"])
        .arg(pom)
        .arg(goal)
        .arg(format!("-Dmdep.outputFile={}", file.display())))?;
    Ok(std::fs::read_to_string(file)?)
}

/// Maven, and with it Java.
pub(crate) fn maven() -> anyhow::Result<()> {
    if !succeeds(&mut command("mvn", &["--version"])) {
        debian("maven", "Maven with Java 17 or newer")?;
    }
    Ok(())
}

/// What runs a package of Swift. Debian gives `swift` to another program.
pub(crate) fn swift() -> anyhow::Result<Vec<&'static str>> {
    for words in [vec!["swift", "run"], vec!["swift-run"]] {
        let mut asked = command(words[0], &words[1..]);
        if succeeds(asked.arg("--version")) {
            return Ok(words);
        }
    }
    bail!(
        "Swift 6 or newer is needed and not installed: swift.org has it, and Debian 13 as swiftlang"
    );
}

/// datamodel-code-generator, which makes types of Python from documents; its path.
pub(crate) fn datamodel_codegen() -> anyhow::Result<PathBuf> {
    let programs = python("sdk-types", "datamodel-code-generator==0.89.0\n")?;
    Ok(programs.join("datamodel-codegen"))
}

/// The emulator of Lambda's runtime interface, of a commit that is known to work: it has no other versions.
pub(crate) fn lambda_emulator() -> anyhow::Result<PathBuf> {
    const PROGRAM: &str = "github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie";
    let own = tools().join("bin/aws-lambda-rie");
    if !own.exists() {
        go()?;
        let version = format!("{PROGRAM}@v0.0.0-20261030222936-bef5c4ba774d");
        run(command("go", &["install", &version]).env("GOBIN", tools().join("bin")))?;
    }
    Ok(own)
}

/// pytest, and nothing else; the path of a Python that has it.
pub(crate) fn pytest() -> anyhow::Result<PathBuf> {
    let requirements = include_str!("../functions/requirements.txt");
    Ok(python("pytest", requirements)?.join("python"))
}

/// What lints the templates of AWS; the folder of its programs.
pub(crate) fn aws_lint() -> anyhow::Result<PathBuf> {
    python("aws-lint", include_str!("../aws/lint.txt"))
}

/// What reads the templates; the folder of a Python that has it.
pub(crate) fn aws_tables() -> anyhow::Result<PathBuf> {
    python("yaml", "PyYAML==6.0.4\n")
}

/// What checks the documents for API Gateway and deploys on AWS, and ministack; the path of a Python that has them.
pub(crate) fn api_gateway() -> anyhow::Result<PathBuf> {
    Ok(python("aws", include_str!("../aws/requirements.txt"))?.join("python"))
}

/// localemu, which has the models and mocks of API Gateway and runs on no older Python; the folder of its programs.
pub(crate) fn localemu() -> anyhow::Result<PathBuf> {
    const PYTHON: &str = "Python 3.13 with venv (or set PYTHON313 to its path)";
    let known = std::env::var("PYTHON313").unwrap_or_else(|_| "python3.13".to_owned());
    let version = command(&known, &["--version"]).output();
    let version = version.map(|told| String::from_utf8_lossy(&told.stdout).into_owned());
    if !version.is_ok_and(|version| version.starts_with("Python 3.13")) {
        bail!("{PYTHON} is needed and not installed; install it and run this again");
    }
    let packages = include_str!("../aws/localemu.txt");
    python_of(&known, "localemu", packages)
}

/// Go, from its own makers: Debian's is old.
pub(crate) fn go() -> anyhow::Result<()> {
    if !succeeds(&mut command("go", &["version"])) {
        bail!("Go 1.25 or newer is needed and not installed: go.dev has it");
    }
    Ok(())
}

/// versitygw, a server of S3 on a folder; its path.
pub(crate) fn versitygw() -> anyhow::Result<PathBuf> {
    const MODULE: &str = "github.com/versity/versitygw/cmd/versitygw@v1.8.0";
    let folder = tools().join("bin");
    let program = folder.join("versitygw");
    if !program.exists() {
        go()?;
        run(command("go", &["install", MODULE]).env("GOBIN", &folder))?;
    }
    Ok(program)
}

/// aiosmtpd, a mail server; the path of a Python that has it.
pub(crate) fn mail_server() -> anyhow::Result<PathBuf> {
    let requirements = root().join("xtask/mail/requirements.txt");
    let requirements = std::fs::read_to_string(requirements)?;
    Ok(python("mail", &requirements)?.join("python"))
}

/// A Python environment of its own with these packages; the folder of its programs.
pub(crate) fn python(name: &str, requirements: &str) -> anyhow::Result<PathBuf> {
    python_of("python3", name, requirements)
}

/// The same of this Python.
fn python_of(python: &str, name: &str, requirements: &str) -> anyhow::Result<PathBuf> {
    let environment = tools().join(name);
    let programs = environment.join("bin");
    let installed = environment.join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == requirements) {
        return Ok(programs);
    }
    let path = environment.to_string_lossy();
    if !succeeds(&mut command(python, &["-m", "venv", &path])) {
        debian("python3-venv", "Python 3.10 or newer with venv")?;
        run(&mut command(python, &["-m", "venv", &path]))?;
    }
    let wanted = environment.join("wanted.txt");
    std::fs::write(&wanted, requirements)?;
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
    std::fs::rename(wanted, installed)?;
    Ok(programs)
}

/// What a node of Kubernetes runs on, and what its programs are built with.
pub(crate) fn cluster() -> anyhow::Result<()> {
    let packages = "containerd runc containernetworking-plugins iptables nftables ipset iproute2";
    let known = "PATH=$PATH:/usr/sbin:/sbin
        for program in containerd ctr runc iptables nft ipset ip /usr/lib/cni/ptp; do
          command -v $program || exit 1
        done";
    let are_there = || succeeds(&mut command("sh", &["-c", known]));
    if !are_there() {
        let what = "what Debian calls";
        debian(packages, &format!("{what} {packages}"))?;
        if !are_there() {
            bail!("{what} {packages} is installed, and a program of it is not found");
        }
    }
    go()?;
    Ok(())
}

/// What makes networks in this machine.
pub(crate) fn namespaces() -> anyhow::Result<()> {
    let known = "PATH=$PATH:/usr/sbin:/sbin
        for program in ip iptables nsenter setpriv; do command -v $program || exit 1; done";
    if !succeeds(&mut command("sh", &["-c", known])) {
        let packages = "iproute2 iptables util-linux";
        debian(packages, &format!("what Debian calls {packages}"))?;
    }
    if !succeeds(&mut command("unshare", &["--net", "true"])) {
        bail!("a network of its own needs Linux and root: run this again as root");
    }
    Ok(())
}

/// Varnish, whose program has another name.
pub(crate) fn varnish() -> anyhow::Result<String> {
    path_of("varnishd").or_else(|_| {
        debian("varnish", "Varnish")?;
        path_of("varnishd")
    })
}

/// The path of a program whose package has the same name.
pub(crate) fn program(name: &str) -> anyhow::Result<String> {
    if let Ok(path) = path_of(name) {
        return Ok(path);
    }
    debian(name, name)?;
    path_of(name)
}

fn path_of(program: &str) -> anyhow::Result<String> {
    if program.contains('/') {
        return Ok(program.to_owned());
    }
    // Debian keeps servers where only root looks.
    let script = format!("PATH=$PATH:/usr/sbin; command -v {program}");
    let found = command("sh", &["-c", &script]).output()?;
    if !found.status.success() {
        bail!("{program} is not installed");
    }
    Ok(String::from_utf8_lossy(&found.stdout).trim().to_owned())
}

/// Installs packages where this is Debian and we may; else says what is missing.
fn debian(packages: &str, what: &str) -> anyhow::Result<()> {
    if !succeeds(&mut command("apt-get", &["--version"])) {
        bail!("{what} is needed and not installed; install it and run this again");
    }
    let sudo = if succeeds(&mut command("sh", &["-c", "test $(id -u) = 0"])) {
        ""
    } else {
        "sudo "
    };
    let script = format!(
        "{sudo}apt-get update -qq && {sudo}env DEBIAN_FRONTEND=noninteractive \
         apt-get install -y -qq --no-install-recommends {packages} >/dev/null"
    );
    run(&mut command("sh", &["-c", &script]))
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn a_version_of_node_that_the_packages_refuse_is_refused_at_once() {
        for version in ["v20.19.0", "v20.20.2", "v22.13.1", "v24.0.0", "v26.1.0"] {
            assert!(is_new_enough(version), "{version}");
        }
        for version in [
            "v18.20.4", "v20.18.9", "v21.7.0", "v22.12.0", "v23.9.0", "", "node",
        ] {
            assert!(!is_new_enough(version), "{version}");
        }
    }
}
