//! What the tests and benches need and a machine may lack. On Debian it is installed; elsewhere a sentence
//! says what to install. Nothing is skipped. `cargo xtask doctor` looks for the same tools.

pub(crate) mod python;
pub(crate) mod tool;

use std::path::PathBuf;

use anyhow::bail;

use crate::run::{cargo, command, npm, root, run, succeeds};
use tool::Tool;

pub(crate) const RUST: Tool = Tool {
    name: "Rust",
    programs: &["rustc"],
    oldest: &[env!("CARGO_PKG_RUST_VERSION")],
    source: "rustup update",
    ..Tool::ANY
};
pub(crate) const RUSTFMT: Tool = Tool {
    name: "rustfmt",
    programs: &["rustfmt"],
    source: "rustup component add rustfmt",
    ..Tool::ANY
};
pub(crate) const CLIPPY: Tool = Tool {
    name: "clippy",
    programs: &["cargo-clippy"],
    source: "rustup component add clippy",
    ..Tool::ANY
};
pub(crate) const GIT: Tool = of_debian("git", &["git"], "git");
/// What the storefront's packages run on; `package.json` says it to npm.
pub(crate) const NODE: Tool = Tool {
    oldest: &["20.19", "22.13", "24"],
    source: "nodejs.org has it, with npm",
    ..of_debian("Node.js", &["node"], "nodejs npm")
};
pub(crate) const NPM: Tool = Tool {
    source: NODE.source,
    ..of_debian("npm", &["npm"], "nodejs npm")
};
pub(crate) const POSTGRES: Tool = Tool {
    oldest: &["15"],
    source: "on Debian: apt-get install postgresql. The tests do with a server whose URL TERRACE_TEST_POSTGRES has",
    ..of_debian(
        "PostgreSQL",
        &["postgres", "/usr/lib/postgresql/*/bin/postgres"],
        "postgresql",
    )
};
pub(crate) const REDIS: Tool = Tool {
    oldest: &["7"],
    ..of_debian("Redis", &["redis-server"], "redis-server")
};
pub(crate) const PYTHON: Tool = Tool {
    // What Debian has in a package of its own is asked for too.
    ask: &[
        "-c",
        "import ensurepip, venv, platform; print(platform.python_version())",
    ],
    oldest: &["3.10"],
    ..of_debian("Python with venv", &["python3"], "python3-venv")
};
pub(crate) const CHROMIUM: Tool = Tool {
    variable: Some("CHROMIUM"),
    ..of_debian(
        "Chromium",
        &["chromium", "chromium-browser", "google-chrome"],
        "chromium",
    )
};
pub(crate) const CURL: Tool = of_debian("curl", &["curl"], "curl");
/// It has no version to tell.
pub(crate) const PEBBLE: Tool = Tool {
    ask: &["-h"],
    ..of_debian("pebble", &["pebble"], "pebble")
};
/// From its own makers: Debian's is old.
pub(crate) const GO: Tool = Tool {
    name: "Go",
    programs: &["go"],
    ask: &["version"],
    oldest: &["1.25"],
    source: "go.dev has it",
    ..Tool::ANY
};
/// It comes with Go, and has no version to tell.
pub(crate) const GOFMT: Tool = Tool {
    name: "gofmt",
    programs: &["gofmt"],
    ask: &["-h"],
    source: "go.dev has it, with Go",
    ..Tool::ANY
};
pub(crate) const JDK: Tool = Tool {
    oldest: &["17"],
    ..of_debian("JDK", &["javac"], "default-jdk-headless")
};
pub(crate) const MAVEN: Tool = of_debian("Maven", &["mvn"], "maven");
/// Debian gives `swift` to another program, whose version is lower.
pub(crate) const SWIFT: Tool = Tool {
    name: "Swift",
    programs: &["swift run", "swift-run"],
    oldest: &["6"],
    source: "swift.org has it, and Debian 13 as swiftlang",
    ..Tool::ANY
};
/// Its daemon says its version, where it runs.
pub(crate) const DOCKER: Tool = Tool {
    name: "Docker",
    programs: &["docker"],
    ask: &["version", "--format", "{{.Server.Version}}"],
    oldest: &["20.10"],
    source: "docs.docker.com/engine/install; its daemon has to run",
    ..Tool::ANY
};
pub(crate) const COMPOSE: Tool = Tool {
    name: "Docker Compose",
    programs: &["docker compose", "docker-compose"],
    ask: &["version", "--short"],
    oldest: &["1.29"],
    source: "docs.docker.com/compose/install",
    ..Tool::ANY
};

const fn of_debian(
    name: &'static str,
    programs: &'static [&'static str],
    packages: &'static str,
) -> Tool<'static> {
    Tool {
        name,
        programs,
        debian: Some(packages),
        ..Tool::ANY
    }
}

/// Tools of our own, apart from the machine's.
fn tools() -> PathBuf {
    root().join("target/tools")
}

/// Node.js with npm, and the storefront's packages.
pub(crate) fn node_packages() -> anyhow::Result<()> {
    NODE.get()?;
    NPM.get()?;
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

/// A Chromium to drive; its path.
pub(crate) fn chromium() -> anyhow::Result<String> {
    path_of(&CHROMIUM.get()?.words[0])
}

/// A PostgreSQL server to run; the tests start it themselves, or use another.
pub(crate) fn postgres() -> anyhow::Result<()> {
    if std::env::var_os("TERRACE_TEST_POSTGRES").is_none() {
        POSTGRES.get()?;
    }
    Ok(())
}

/// One of PostgreSQL's programs; its path.
pub(crate) fn postgres_program(name: &str) -> anyhow::Result<PathBuf> {
    let debians = format!("/usr/lib/postgresql/*/bin/{name}");
    let tool = Tool {
        programs: &[name, &debians],
        ..POSTGRES
    };
    Ok(path_of(&tool.get()?.words[0])?.into())
}

/// Redis' server.
pub(crate) fn redis() -> anyhow::Result<PathBuf> {
    Ok(REDIS.get()?.words.remove(0).into())
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

/// Clients that sign requests as AWS does: the path of a Python that has botocore, and of a folder where Node.js
/// finds aws4fetch. curl is the machine's.
pub(crate) fn signing_clients() -> anyhow::Result<(PathBuf, PathBuf)> {
    CURL.get()?;
    node_packages()?;
    let requirements = include_str!("../clients/requirements.txt");
    let python = python::environment("clients", requirements)?.join("python");
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

/// Maven and a compiler of Java.
pub(crate) fn maven() -> anyhow::Result<()> {
    JDK.get()?;
    MAVEN.get()?;
    Ok(())
}

/// What runs a package of Swift.
pub(crate) fn swift() -> anyhow::Result<Vec<String>> {
    Ok(SWIFT.get()?.words)
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

pub(crate) fn go() -> anyhow::Result<()> {
    GO.get()?;
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
